using System.Text;
using Budgets.ApiHost.Gateway;

namespace Budgets.Tests.Gateway;

/// <summary>What a call's text says, and what of it is changed.</summary>
public sealed class AskingTests
{
    [Fact]
    public void What_need_not_be_changed_is_the_very_same_bytes()
    {
        var body = Encoding.UTF8.GetBytes(Said.Hello);

        Read(Said.Hello).Forwarded(null).Should().Equal(body);
        Read(Said.HelloStreamed.Replace("\"stream\":true", "\"stream\":true,\"stream_options\":{\"include_usage\":true}", StringComparison.Ordinal)).Forwarded(null).Length.Should().Be(Said.HelloStreamed.Length + 40);
    }

    [Theory]
    [InlineData("""{"model":"m","stream":true}""", """{"model":"m","stream":true,"stream_options":{"include_usage":true}}""")]
    [InlineData("""{"model":"m","stream":true,"stream_options":null}""", """{"model":"m","stream":true,"stream_options":{"include_usage":true}}""")]
    [InlineData("""{ "model" : "m" , "stream_options":{"x":1.0,"include_usage":false},"stream":true}""", """{"model" : "m","stream_options":{"x":1.0,"include_usage":true},"stream":true}""")]
    [InlineData("""{"api_base":"x","model":"m"}""", """{"model":"m"}""")]
    [InlineData("""{"model":"m","base_url":{"a":[1]},"seed":1e0,"host":"y"}""", """{"model":"m","seed":1e0}""")]
    [InlineData("""{"api\u005fbase":"x","model":"m"}""", """{"model":"m"}""")]
    public void Only_what_must_be_is_changed(string body, string forwarded) => Encoding.UTF8.GetString(Read(body).Forwarded(null)).Should().Be(forwarded);

    [Fact]
    public void The_longest_output_is_set_where_it_stood_or_at_the_end()
    {
        Encoding.UTF8.GetString(Read("""{"model":"m"}""").Forwarded(50)).Should().Be("""{"model":"m","max_completion_tokens":50}""");
        Encoding.UTF8.GetString(Read("""{"max_completion_tokens":null,"model":"m"}""").Forwarded(50)).Should().Be("""{"max_completion_tokens":50,"model":"m"}""");
    }

    [Fact]
    public void The_input_is_bounded_by_its_bytes_and_the_longer_of_two_outputs_counts()
    {
        var outline = Read("""{"model":"m","max_tokens":7,"max_completion_tokens":9,"n":3,"messages":[{"role":"user","content":"hello"}]}""").Outline(default, default);

        outline.TextTokens.Should().BeGreaterThan(90);
        (outline.OutputTokens, outline.Choices, outline.PictureTokens, outline.IsOpenEnded).Should().Be((9, 3, 0, false));
    }

    [Fact]
    public void A_text_that_only_looks_like_a_picture_is_counted()
    {
        var data = new string('A', 5_000);

        Outline("""{"type":"text","text":"DATA"}""").TextTokens.Should().BeGreaterThan(5_000);
        Outline("""{"type":"image_url","image_url":{"url":"DATA"}}""").TextTokens.Should().BeLessThan(1_000);
        Outline("""{"type":"image_url","image_url":{"url":"DATA"}}""").PictureTokens.Should().Be(36_000);
        Outline("""{"type":"file","file":{"file_id":"f"}}""").IsOpenEnded.Should().BeTrue();

        CallOutline Outline(string part) =>
            Read($$"""{"model":"m","messages":[{"role":"user","content":[{{part.Replace("DATA", data, StringComparison.Ordinal)}}]}]}""").Outline(default, default);
    }

    [Theory]
    [InlineData("half a pair", "{\"model\":\"m\",\"messages\":[{\"content\":\"\\ud800\"}]}")]
    [InlineData("in a text", "{\"model\":\"m\",\"messages\":[{\"content\":\"\u00ff\"}]}")]
    [InlineData("in a name", "{\"model\":\"m\",\"messages\":[{\"\u00ff\":1}]}")]
    public void What_is_no_text_is_refused_wherever_it_is(string where, string body)
    {
        // As Latin-1 the letter is one byte, which is no UTF-8.
        var (asking, problem) = Asking.Read(ModelRoute.Chat, Encoding.Latin1.GetBytes(body));

        asking.Should().BeNull(where);
        problem!.Faults!.Single().Message.Should().Contain("valid UTF-8", where);
    }

    private static Asking Read(string body)
    {
        var (asking, problem) = Asking.Read(ModelRoute.Chat, Encoding.UTF8.GetBytes(body));
        problem.Should().BeNull();
        return asking!;
    }
}
