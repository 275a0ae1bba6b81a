using System.Net.Sockets;
using System.Text;
using Budgets.Tests.Http;
using Microsoft.AspNetCore.Http;

namespace Budgets.Tests.Gateway;

/// <summary>Callers that go away without a farewell: what was made for them is paid for, and nothing else.</summary>
[Collection(GatewayApi.Name)]
public sealed class LeavingTests(GatewayApi api)
{
    [Fact]
    public async Task An_answer_in_one_piece_is_paid_for_in_truth_when_its_caller_has_gone()
    {
        var agent = await api.NewAgent();
        var (begun, goOn) = (new TaskCompletionSource(), new TaskCompletionSource());
        api.Provider.Answer = async (http, _) =>
        {
            begun.SetResult();
            await goOn.Task;
            await http.Response.WriteAsync(Said.Completion());
        };
        using (var caller = await Call(agent, Way.Chat))
        {
            await begun.Task;
            Break(caller);
        }

        goOn.SetResult();

        (await api.Ended(agent)).Amount.Should().Be(api.Price("gpt-4o", new TokenUsage(11, 9)));
    }

    [Theory]
    [InlineData("chat, streamed", 1)]
    [InlineData("responses, streamed", 5)]
    [InlineData("messages, streamed", 5)]
    public async Task A_caller_may_leave_a_stream_at_any_byte_and_the_provider_is_left_and_paid_for_what_went_by(string name, int step)
    {
        var way = Way.Named(name);
        var agent = await api.NewAgent("""{"daily_limit":1000}""");
        var left = 0;
        api.Provider.Answer = async (http, _) =>
        {
            await FakeProvider.Stream(http, way.Says("11", "9")[..^1]);
            var gone = new TaskCompletionSource();
            await using var registered = http.RequestAborted.Register(gone.SetResult);
            await gone.Task;
            Interlocked.Increment(ref left);
        };
        var length = await Length(agent, way);

        await Parallel.ForEachAsync(
            Enumerable.Range(0, (length / step) + 1).Select(i => length - (i * step)), new ParallelOptions { MaxDegreeOfParallelism = 16 }, async (at, _) => await LeaveAfter(agent, way, at));

        var lines = await api.AtRest(agent);
        lines.Count(l => l.Kind == "hold").Should().BeInRange(api.Provider.Calls.Count, (length / step) + 2);
        lines.Count(l => l.Kind == "settle").Should().BeGreaterThanOrEqualTo(api.Provider.Calls.Count);
        lines.Where(l => l.Kind == "settle").Should().OnlyContain(l => l.Amount > 0m && l.Amount <= lines[0].Amount);
        await Until(() => Task.FromResult(left == api.Provider.Calls.Count));
    }

    internal static async Task Until(Func<Task<bool>> isSo)
    {
        using var pause = new PeriodicTimer(TimeSpan.FromMilliseconds(5));
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while (!await isSo())
        {
            await pause.WaitForNextTickAsync(deadline.Token);
        }
    }

    private async Task<int> Length(Agent agent, Way way)
    {
        using var caller = await Call(agent, way);
        var seen = await Read(caller, way, int.MaxValue);
        Break(caller);
        return seen;
    }

    private async Task LeaveAfter(Agent agent, Way way, int bytes)
    {
        using var caller = await Call(agent, way);
        await Read(caller, way, bytes);
        Break(caller);
    }

    /// <summary>So many bytes, or all that the provider says before it waits: lengths differ a little from call to call.</summary>
    private static async Task<int> Read(Socket caller, Way way, int bytes)
    {
        // The usage of a chat is not passed on.
        var last = way == Way.ChatStreamed ? "longer answer" : way.Says("11", "9")[^2].Split('\n')[^1];
        var seen = new StringBuilder();
        var buffer = new byte[4_096];
        while (seen.Length < bytes && !seen.ToString().Contains(last, StringComparison.Ordinal))
        {
            var read = await caller.ReceiveAsync(buffer.AsMemory(0, Math.Min(buffer.Length, bytes - seen.Length)));
            read.Should().BePositive("the gateway does not end a stream that its provider has not ended");
            seen.Append(Encoding.UTF8.GetString(buffer, 0, read));
        }

        return seen.Length;
    }

    private async Task<Socket> Call(Agent agent, Way way)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(api.Address.Host, api.Address.Port);
        await socket.SendAsync(Encoding.UTF8.GetBytes(
            $"POST {way.Path} HTTP/1.1\r\nHost: {api.Address.Authority}\r\nAuthorization: Bearer {agent.Key}\r\nContent-Type: application/json\r\nContent-Length: {way.Body.Length}\r\n\r\n{way.Body}"));
        return socket;
    }

    /// <summary>Without a farewell.</summary>
    private static void Break(Socket socket)
    {
        socket.LingerState = new LingerOption(true, 0);
        socket.Close();
    }
}
