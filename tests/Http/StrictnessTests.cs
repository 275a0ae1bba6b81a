using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text;

namespace Budgets.Tests.Http;

/// <summary>What is not exactly a request of the contract is refused, says why, and has no effect.</summary>
[Collection(Api.Name)]
public sealed class StrictnessTests(Api api)
{
    [Fact]
    public async Task Unknown_repeated_and_wrong_members_are_all_told_at_once()
    {
        var agent = await api.NewAgent();

        var answer = await agent.Post("/v1/charges", """{"amount":"1","amuont":1,"model":5,"model":"x","usage":{"input_tokens":1.5,"x":1},"tags":["a",2],"mode":"ENFORCE","operation":""}""");

        answer.Status.Should().Be(400);
        answer.MediaType.Should().Be("application/problem+json");
        answer.FaultyFields.Should().BeEquivalentTo("amount", "amuont", "model", "usage.input_tokens", "usage.x", "tags[1]", "mode", "operation");
    }

    [Fact]
    public async Task Feedback_is_read_as_strictly_as_a_charge()
    {
        var agent = await api.NewAgent();

        (await agent.Post("/v1/feedback", """{"reservation_id":5,"quality":"1","qualty":1}""")).FaultyFields.Should().BeEquivalentTo("reservation_id", "quality", "qualty");
        (await agent.Post("/v1/agents/budget", """{"economy_at_percent":80.5}""")).FaultyFields.Should().Equal("economy_at_percent");
    }

    [Theory]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("5")]
    [InlineData("{")]
    [InlineData("""{"amount":1}{"amount":1}""")]
    [InlineData("""{"amount":1,}""")]
    [InlineData("""{"amount":NaN}""")]
    [InlineData("""{"amount":01}""")]
    [InlineData("""{/* */"amount":1}""")]
    [InlineData("""{"amount":1,"amount":1}""")]
    [InlineData("""{"amount":1,"model":"\ud800"}""")]
    [InlineData("""{"amount":1,"\ud800":1}""")]
    [InlineData("""{"amount":1,"model":"a\u0000b"}""")]
    [InlineData("""{"amount":1,"occurred_at":"2026-03-04T11:00:00"}""")]
    [InlineData("""{"amount":1,"occurred_at":"2027-03-04T11:00:00Z"}""")]
    [InlineData("""{"amount":1,"tags":[null]}""")]
    public async Task A_body_that_is_no_charge_is_refused(string body)
    {
        var agent = await api.NewAgent();
        var before = await agent.Standing();

        var answer = await agent.Post("/v1/charges", body);

        (answer.Status, answer.Code).Should().Be((400, "invalid_request"), answer.Text);
        answer["errors"].GetArrayLength().Should().BePositive();
        (await agent.Standing()).Should().Be(before);
    }

    [Fact]
    public async Task More_than_sixteen_levels_are_refused()
    {
        var agent = await api.NewAgent();

        (await agent.Post("/v1/charges", $$"""{"amount":1,"tags":{{new string('[', 20)}}{{new string(']', 20)}}}""")).Status.Should().Be(400);
        (await agent.Post("/v1/charges", new string('[', 500_000))).Status.Should().Be(400);
    }

    [Fact]
    public async Task Bad_utf8_is_refused()
    {
        var agent = await api.NewAgent();
        var content = new ByteArrayContent([.. "{\"amount\":1,\"model\":\""u8, 0xC3, 0x28, .. "\"}"u8]);
        content.Headers.ContentType = new MediaTypeHeaderValue("application/json");

        (await agent.Send("POST", "/v1/charges", content)).Code.Should().Be("invalid_request");
    }

    [Theory]
    [InlineData("text/plain")]
    [InlineData("application/x-www-form-urlencoded")]
    [InlineData("application/json; charset=utf-16")]
    [InlineData("multipart/form-data")]
    [InlineData("application/jsonp")]
    public async Task Another_content_type_is_415(string mediaType)
    {
        var agent = await api.NewAgent();
        var content = new StringContent("""{"amount":1}""");
        content.Headers.ContentType = MediaTypeHeaderValue.Parse(mediaType);

        var answer = await agent.Send("POST", "/v1/charges", content);

        (answer.Status, answer.Code).Should().Be((415, "unsupported_media_type"));
    }

    [Fact]
    public async Task Ten_megabytes_are_refused_before_they_are_read()
    {
        var agent = await api.NewAgent();
        var before = await agent.Standing();
        var answer = await agent.Send("POST", "/v1/charges", Json(new byte[10_000_000]), r => r.Headers.ExpectContinue = true);

        (answer.Status, answer.Code).Should().Be((413, "body_too_large"));
        (await agent.Standing()).Should().Be(before);
    }

    [Fact]
    public async Task More_than_a_megabyte_in_chunks_is_refused_too()
    {
        var agent = await api.NewAgent();

        var answer = await agent.Send("POST", "/v1/charges", Json(new byte[1_500_000]), r => r.Headers.TransferEncodingChunked = true);

        (answer.Status, answer.Code).Should().Be((413, "body_too_large"));
    }

    [Fact]
    public async Task A_body_in_pieces_is_read_whole()
    {
        var agent = await api.NewAgent();
        using var client = new TcpClient();
        await client.ConnectAsync(api.Address.Host, api.Address.Port);
        var stream = client.GetStream();
        await stream.WriteAsync(Encoding.ASCII.GetBytes(
            $"POST /v1/charges HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {agent.Key}\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"));
        foreach (var piece in new[] { "4\r\n{\"am\r\n", "5\r\nount\"\r\n", "4\r\n:1.5\r\n", "1\r\n}\r\n", "0\r\n\r\n" })
        {
            await stream.WriteAsync(Encoding.ASCII.GetBytes(piece));
            await stream.FlushAsync();
        }

        using var reader = new StreamReader(stream);
        (await reader.ReadLineAsync()).Should().Be("HTTP/1.1 201 Created");
    }

    [Theory]
    [InlineData("GET", "/v1/nothing", 404)]
    [InlineData("GET", "/", 404)]
    [InlineData("DELETE", "/v1/agents/credits", 405)]
    [InlineData("GET", "/v1/agents/alerts/nothing", 404)]
    [InlineData("GET", "/v1/charges", 405)]
    [InlineData("DELETE", "/v1/agents/budget", 405)]
    [InlineData("PUT", "/v1/agents", 405)]
    public async Task Unknown_routes_and_methods_answer_as_problems(string method, string path, int status)
    {
        var answer = await api.Operator.Send(method, path, null);

        answer.Status.Should().BeOneOf(status, 404);
        answer.MediaType.Should().Be("application/problem+json");
        answer.Code.Should().Be(answer.Status == 404 ? "not_found" : "method_not_allowed");
    }

    [Theory]
    [InlineData("/v1/agents/usage?perod=today", "perod")]
    [InlineData("/v1/agents/usage?period=tomorrow", "period")]
    [InlineData("/v1/agents/usage?period=today&period=today", "period")]
    [InlineData("/v1/agents/usage?include_children=1", "include_children")]
    [InlineData("/v1/agents/usage?period=yesterday&include_children=true", "include_children")]
    [InlineData("/v1/agents/analytics?group_by=minute", "group_by")]
    [InlineData("/v1/agents/analytics?group_by=hour&start_date=2026-01-01&end_date=2026-02-01", "end_date")]
    [InlineData("/v1/agents/ledger/verify?from=1", "from")]
    [InlineData("/v1/agents/analytics?start_date=2026-02-30", "start_date")]
    [InlineData("/v1/agents/analytics?start_date=1999-12-31", "start_date")]
    [InlineData("/v1/agents/analytics?start_date=2026-02-02&end_date=2026-02-01", "end_date")]
    [InlineData("/v1/agents/analytics?start_date=2025-01-01&end_date=2026-01-02", "end_date")]
    [InlineData("/v1/agents/ledger?limit=0", "limit")]
    [InlineData("/v1/agents/ledger?limit=101", "limit")]
    [InlineData("/v1/agents/ledger?limit=1e1", "limit")]
    [InlineData("/v1/agents/ledger?limit=", "limit")]
    [InlineData("/v1/agents/ledger?cursor=!!", "cursor")]
    [InlineData("/v1/agents/ledger?cursor=LTU", "cursor")]
    [InlineData("/v1/agents/ledger?cursor=", "cursor")]
    [InlineData("/v1/agents/ledger?from=yesterday", "from")]
    [InlineData("/v1/agents/ledger?until=2026-03-04T11:00:00", "until")]
    [InlineData("/v1/agents/ledger?kind=charges", "kind")]
    [InlineData("/v1/agents/ledger?model=", "model")]
    [InlineData("/v1/agents/budget?x=1", "x")]
    public async Task A_query_is_read_as_strictly_as_a_body(string path, string field)
    {
        var agent = await api.NewAgent();

        var answer = await agent.Get(path);

        (answer.Status, answer.FaultyFields.Single()).Should().Be((400, field));
    }

    [Fact]
    public async Task The_operator_has_no_agent_of_its_own_and_is_told_where_to_go()
    {
        var answer = await api.Operator.Get("/v1/agents/budget");

        answer.Status.Should().Be(400);
        answer["detail"].GetString().Should().Contain("/v1/agents/{agent_id}/budget");
    }

    private static ByteArrayContent Json(byte[] bytes) => new(bytes) { Headers = { ContentType = new MediaTypeHeaderValue("application/json") } };
}
