using System.Collections.Concurrent;
using System.Globalization;
using System.Text.Json;
using Budgets.ApiHost.Auth;
using Budgets.ApiHost.Http;
using Microsoft.Net.Http.Headers;

namespace Budgets.ApiHost.Gateway;

/// <summary>"What was answered to one of a tree is answered to all of it, for nothing, as long as it is fresh." Never to strangers.</summary>
internal sealed partial class AnswerCache(
    CacheSettings settings, AnswerStore store, Lineage lineage, ILogger<AnswerCache> log, [FromKeyedServices(BudgetsApi.Clock)] TimeProvider clock)
{
    public const string Header = "x-budget-cache";
    public const string SavedHeader = "x-budget-saved";

    /// <summary>A longer request is not looked for.</summary>
    private const int LongestRequest = 1 << 20;

    // Calls in one piece that are being made: whoever asks the same waits for them. Bounded by the calls that are with this host.
    private readonly ConcurrentDictionary<string, Task> _underway = new();

    /// <returns>True: it has been answered, with what was kept or with why not. Else <see cref="Keep"/> may keep what comes of it.</returns>
    public async ValueTask<bool> Answers(Call call, Asking asking, Provider provider)
    {
        // Of another model that this call was tried with.
        call.Http.Features.Set<Recording>(null);
        if (!settings.IsOn || !IsKept(asking) || Wish.Of(call.Http.Request) is not { NoStore: false } wish || Idempotency.Of(call.Http, null).Problem is not null)
        {
            return false;
        }

        var key = CallKey.Of(await lineage.RootOf(call.Agent), provider, asking, call.Http.Request);

        // Before it is looked for: whoever comes when this is over finds what came of it.
        var announced = asking.Streams || wish.NoCache ? null : Announce(key);
        var recording = new Recording(key, settings.MaxAnswerBytes, announced);
        call.Http.Response.RegisterForDispose(recording);
        if (!wish.NoCache && await Find(key, wish, mayWait: announced is null && !asking.Streams, call.Http.RequestAborted) is { } kept)
        {
            await Tell(call, asking, kept);
            return true;
        }

        call.Http.Features.Set(recording);
        call.Http.Response.Headers[Header] = "miss";
        return false;
    }

    /// <summary>Keeps an answer that is whole, and whose cost the provider told. Anything else is forgotten.</summary>
    public async ValueTask Keep(HttpContext http, Asking asking, Held held, Spent spent, Receipt? settled)
    {
        // An output that was cut to fit one agent's budget is not the answer to what was asked.
        if (Recording.Of(http) is not { } recording)
        {
            return;
        }

        if (spent is Spent.Used { IsTold: true, Model: var model } && settled is { Kind: EntryKind.Settle } && held.OutputTokens is null
            && recording is { Body: { } body, ContentType: { Length: > 0 and < 256 } type } && IsComplete(asking, body))
        {
            await store.Keep(recording.Key, new KeptAnswer(clock.GetUtcNow(), settled.Amount, model ?? asking.Model, type, body));
        }

        // Those who wait for it need not wait until its caller has read it.
        recording.Dispose();
    }

    /// <summary>Whether the same would be said again; where the operator wants all answers kept, whether saying it again is all that the call does.</summary>
    private bool IsKept(Asking asking)
    {
        var text = asking.Text;
        if (text.Bytes.Length > LongestRequest || text.IsOpenEnded || asking.Route.Kind == CallKind.Images || text.Element("conversation") is not null || text.Element("store") is { ValueKind: JsonValueKind.True })
        {
            return false;
        }

        return settings.IsAny || asking.Route.Kind == CallKind.Embeddings
            || (text.Element("temperature") is { ValueKind: JsonValueKind.Number } heat && heat.TryGetDouble(out var told) && told == 0);
    }

    private async ValueTask<KeptAnswer?> Find(string key, Wish wish, bool mayWait, CancellationToken gone)
    {
        var other = mayWait ? _underway.GetValueOrDefault(key) : null;
        var kept = await Fresh(key, wish);
        if (kept is not null || other is null)
        {
            return kept;
        }

        try
        {
            // It may come to nothing. Then everybody makes his own call: nobody waits twice.
            await other.WaitAsync(gone);
        }
        catch (OperationCanceledException)
        {
            return null;
        }

        return await Fresh(key, wish);
    }

    private async ValueTask<KeptAnswer?> Fresh(string key, Wish wish) =>
        await store.Find(key) is { } kept && clock.GetUtcNow() - kept.MadeAt is var age && age < settings.Ttl && age <= wish.MaxAge ? kept : null;

    private TaskCompletionSource? Announce(string key)
    {
        var ended = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        if (!_underway.TryAdd(key, ended.Task))
        {
            return null;
        }

        _ = ended.Task.ContinueWith(_ => _underway.TryRemove(key, out var _), CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        return ended;
    }

    /// <summary>What costs nothing is answered over the limit too, and is booked behind the answer: if that fails, no money is wrong.</summary>
    private async Task Tell(Call call, Asking asking, KeptAnswer kept)
    {
        var foresight = await call.Budget.Glance();
        if (await Barred(call, foresight) is { } barred)
        {
            await asking.Route.Dialect.Refuse(call.Http, call.Agent, barred.Outcome, barred.Refusal, default, call.Edge);
            return;
        }

        _ = Book(call.Budget, asking.Purpose with { Saved = kept.Cost });
        var response = call.Http.Response;
        response.ContentType = kept.ContentType;
        response.ContentLength = kept.Body.Length;
        response.Headers.XContentTypeOptions = "nosniff";
        response.Headers.CacheControl = "no-store";
        response.Headers.Age = ((long)(clock.GetUtcNow() - kept.MadeAt).TotalSeconds).ToString(CultureInfo.InvariantCulture);
        response.Headers[Header] = "hit";
        response.Headers[SavedHeader] = kept.Cost.ToString();
        Headers.TellFree(response, kept.Model);
        await response.BodyWriter.WriteAsync(kept.Body, call.Http.RequestAborted);
    }

    /// <summary>Null: nothing but money is in the way, if anything.</summary>
    private static async ValueTask<(Outcome Outcome, Refusal? Refusal)?> Barred(Call call, Foresight foresight)
    {
        if (foresight.Outcome is Outcome.Frozen or Outcome.AgentClosed or Outcome.AgentUnknown || foresight.Refusal?.Standing is { Limit: var limit } && limit == Money.Zero)
        {
            return (foresight.Outcome, foresight.Refusal);
        }

        // Whoever has no money is not asked about those above; they may be frozen all the same.
        var at = foresight.Outcome == Outcome.Accepted ? null : (await call.Budget.GetBudget())?.Parent;
        while (at is { } above && await call.Edge.Grains.GetGrain<IBudgetGrain>(above.Value).GetBudget() is { } budget)
        {
            if (budget.Freeze is { } freeze)
            {
                return (Outcome.Frozen, new Refusal(above, Money.Zero, FrozenReason: freeze.Reason, RetryAt: freeze.ResumesAt));
            }

            at = budget.Parent;
        }

        return null;
    }

    private async Task Book(IBudgetGrain budget, Purpose purpose)
    {
        var id = EdgeIds.Charge();
        try
        {
            await budget.Charge(new ChargeRequest(id, Money.Zero, purpose, new IdempotencyKey(id.Value), ChargeMode.Record));
        }
        catch (Exception e)
        {
            LogNotCounted(log, e.GetType().Name);
        }
    }

    /// <summary>Responses tell whether they are: one that failed, or was cut short, is answered with 200 as well.</summary>
    private static bool IsComplete(Asking asking, byte[] body)
    {
        if (asking.Route.Kind != CallKind.Responses)
        {
            return true;
        }

        if (asking.Streams)
        {
            return body.AsSpan().IndexOf("\"response.completed\""u8) >= 0;
        }

        using var document = JsonDocument.Parse(body, new() { MaxDepth = 256 });
        return document.RootElement.Text("status") is null or "completed";
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "A call that was answered from what was kept could not be counted: {Why}.")]
    private static partial void LogNotCounted(ILogger log, string why);

    /// <summary>What a caller says of caches (source: RFC 9111, section 5.2.1).</summary>
    private readonly record struct Wish(bool NoStore, bool NoCache, TimeSpan MaxAge)
    {
        public static Wish Of(HttpRequest request) =>
            request.Headers.CacheControl is { Count: > 0 } told && CacheControlHeaderValue.TryParse(told.ToString(), out var wish)
                ? new(wish.NoStore, wish.NoCache, wish.MaxAge ?? TimeSpan.MaxValue)
                : new(false, request.Headers.Pragma.ToString() == "no-cache", TimeSpan.MaxValue);
    }
}
