using System.Collections.Concurrent;
using System.Globalization;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Budgets.Tests.Payments;

/// <summary>How a call of the fake goes wrong.</summary>
internal enum Mishap
{
    None = 0,

    /// <summary>429, and nothing is done.</summary>
    TooMany,

    /// <summary>500, and nothing is done.</summary>
    Broken,

    /// <summary>It is done, and the answer is a 500.</summary>
    BrokenAfter,

    /// <summary>The connection is cut, and nothing is done.</summary>
    Cut,

    /// <summary>It is done, and the connection is cut.</summary>
    CutAfter,

    /// <summary>No answer until the caller hangs up; then it is done all the same.</summary>
    LateAfter,
}

/// <param name="What">"create", "confirm", "retrieve", "cancel", "method" or "customer".</param>
/// <param name="Payment">Null: there is none yet.</param>
internal sealed record StripeCall(string What, string? Payment, string? Agent);

/// <summary>A charge that was tried; the fake's list of them is the judge.</summary>
internal sealed record StripeCharge(string Payment, string Agent, string Recharge, Money Amount, bool Succeeded);

/// <summary>
/// A server that speaks as Stripe does to Stripe.net, over real sockets: payment intents, the customers and methods they are for, errors, idempotency keys that are remembered for a
/// day. What goes wrong is the test's to say.
/// </summary>
internal sealed partial class FakeStripe : IAsyncDisposable
{
    public const string Key = "sk_test_thekeythatnobodymaysee";

    public const string WebhookSecret = "whsec_thesecretthatnobodymaysee";

    /// <summary>Of a customer, and good.</summary>
    public const string Good = "pm_card_visa";

    public const string Declined = "pm_card_chargeDeclined";

    public const string NeedsOwner = "pm_card_authenticationRequired";

    /// <summary>Of nobody.</summary>
    public const string Loose = "pm_loose";

    /// <summary>Stays in processing until it is settled.</summary>
    public const string Slow = "pm_bank";

    /// <summary>A customer whose default method is the good one.</summary>
    public const string Customer = "cus_scribe";

    /// <summary>A customer without a method.</summary>
    public const string Poor = "cus_poor";

    private static readonly TimeSpan s_keysLive = TimeSpan.FromHours(24);

    private readonly WebApplication _app;
    private readonly Lock _lock = new();
    private readonly Dictionary<string, StripeIntent> _intents = [];
    private readonly Dictionary<string, (string Asked, int Status, string Answer, DateTimeOffset At)> _keys = [];
    private readonly List<StripeCharge> _charges = [];
    private readonly ConcurrentQueue<StripeCall> _calls = new();
    private readonly TimeProvider _clock;
    private int _made;

    private FakeStripe(WebApplication app, TimeProvider clock) => (_app, _clock) = (app, clock);

    public Uri Address { get; private set; } = null!;

    /// <summary>Asked before each call.</summary>
    public Func<StripeCall, Mishap> Mishaps { get; set; } = _ => Mishap.None;

    /// <summary>From when a call has had its effect until its answer goes out.</summary>
    public Func<StripeCall, TimeSpan> Lag { get; set; } = _ => TimeSpan.Zero;

    /// <summary>False: idempotency keys are forgotten at once.</summary>
    public bool RemembersKeys { get; set; } = true;

    /// <summary>All that are asked for it are answered 401: the account is not ours any more.</summary>
    public bool KnowsOurKey { get; set; } = true;

    public IReadOnlyList<StripeCall> Calls => [.. _calls];

    public IReadOnlyList<StripeCharge> Charges
    {
        get
        {
            lock (_lock)
            {
                return [.. _charges];
            }
        }
    }

    /// <summary>Status of every intent that was made, in order.</summary>
    public IReadOnlyList<(string Id, string Status)> Intents
    {
        get
        {
            lock (_lock)
            {
                return [.. _intents.Values.Select(i => (i.Id, i.Status))];
            }
        }
    }

    public static async Task<FakeStripe> Start(TimeProvider? clock = null)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var app = builder.Build();
        var fake = new FakeStripe(app, clock ?? TimeProvider.System);
        app.Run(fake.Serve);
        await app.StartAsync();
        fake.Address = new Uri(app.Urls.Single());
        return fake;
    }

    /// <summary>What happens without us: a bank debit comes in, somebody presses a button in Stripe's dashboard.</summary>
    public void Settle(string payment)
    {
        lock (_lock)
        {
            Succeed(_intents[payment]);
        }
    }

    /// <summary>An event as Stripe posts it.</summary>
    public string Event(string payment, string type = "payment_intent.succeeded")
    {
        lock (_lock)
        {
            return EventOf(_intents[payment], type);
        }
    }

    public async ValueTask DisposeAsync() => await _app.DisposeAsync();

    private async Task Serve(HttpContext http)
    {
        http.Response.Headers["Request-Id"] = $"req_{Interlocked.Increment(ref _made)}";
        if (!KnowsOurKey || http.Request.Headers.Authorization != $"Bearer {Key}")
        {
            await Answer(http, 401, Error("invalid_request_error", null, $"Invalid API Key provided: {http.Request.Headers.Authorization}"));
            return;
        }

        var form = http.Request.HasFormContentType ? await http.Request.ReadFormAsync() : FormCollection.Empty;
        var path = http.Request.Path.Value!.Trim('/').Split('/');
        var call = CallOf(http.Request.Method, path, form);
        _calls.Enqueue(call);
        var mishap = Mishaps(call);
        var isDone = mishap is Mishap.None or Mishap.BrokenAfter or Mishap.CutAfter;
        var (status, answer) = isDone ? Do(http, call, path, form) : (500, Error("api_error", null, "Something went wrong."));
        if (Lag(call) is { Ticks: > 0 } lag)
        {
            using var slow = new PeriodicTimer(lag);
            await slow.WaitForNextTickAsync();
        }

        switch (mishap)
        {
            case Mishap.TooMany:
                http.Response.Headers.RetryAfter = "7";
                await Answer(http, 429, Error("invalid_request_error", "rate_limit", "Too many requests."));
                break;
            case Mishap.Cut or Mishap.CutAfter:
                http.Abort();
                break;
            case Mishap.LateAfter:
                var gone = new TaskCompletionSource();
                await using (http.RequestAborted.Register(gone.SetResult))
                {
                    await gone.Task;
                }

                Do(http, call, path, form);
                break;
            case Mishap.BrokenAfter:
                await Answer(http, 500, Error("api_error", null, "Something went wrong."));
                break;
            default:
                await Answer(http, status, answer);
                break;
        }
    }

    private StripeCall CallOf(string method, string[] path, IFormCollection form) => (method, path) switch
    {
        ("POST", ["v1", "payment_intents"]) => new("create", null, form["metadata[agent_id]"]),
        ("POST", ["v1", "payment_intents", var id, var verb]) => new(verb, id, AgentOf(id)),
        ("GET", ["v1", "payment_intents", var id]) => new("retrieve", id, AgentOf(id)),
        ("GET", ["v1", "payment_methods", _]) => new("method", null, null),
        ("GET", ["v1", "customers", _]) => new("customer", null, null),
        _ => new("unknown", null, null),
    };

    private string? AgentOf(string payment)
    {
        lock (_lock)
        {
            return _intents.GetValueOrDefault(payment)?.Metadata["agent_id"];
        }
    }

    private (int Status, JsonNode Answer) Do(HttpContext http, StripeCall call, string[] path, IFormCollection form)
    {
        lock (_lock)
        {
            string? key = http.Request.Method == "POST" ? http.Request.Headers["Idempotency-Key"] : default(string);
            var asked = $"{http.Request.Path}?{string.Join('&', form.Select(f => $"{f.Key}={f.Value}").Order(StringComparer.Ordinal))}";
            if (key is not null && RemembersKeys && _keys.TryGetValue(key, out var known) && _clock.GetUtcNow() - known.At < s_keysLive)
            {
                return known.Asked == asked
                    ? (known.Status, JsonNode.Parse(known.Answer)!)
                    : (400, Error("idempotency_error", null, "Keys for idempotent requests can only be used with the same parameters they were first used with."));
            }

            var (status, answer) = call.What switch
            {
                "create" => Create(form),
                "confirm" => With(call, i => Confirm(i, form)),
                "retrieve" => With(call, i => (200, i.Shown())),
                "cancel" => With(call, Cancel),
                "method" => MethodOf(path[2]),
                "customer" => CustomerOf(path[2]),
                _ => (404, Error("invalid_request_error", null, "Unrecognized request URL.")),
            };
            if (key is not null)
            {
                _keys[key] = (asked, status, answer.ToJsonString(), _clock.GetUtcNow());
            }

            return (status, answer);
        }
    }

    private (int Status, JsonNode Answer) With(StripeCall call, Func<StripeIntent, (int, JsonNode)> then) => _intents.TryGetValue(call.Payment!, out var intent)
        ? then(intent)
        : (404, Error("invalid_request_error", "resource_missing", $"No such payment_intent: '{call.Payment}'"));

    private static Task Answer(HttpContext http, int status, JsonNode answer)
    {
        http.Response.StatusCode = status;
        http.Response.ContentType = "application/json";
        return http.Response.WriteAsync(answer.ToJsonString());
    }

    private static JsonObject Error(string type, string? code, string message, StripeIntent? intent = null, string? declineCode = null)
    {
        var error = new JsonObject { ["type"] = type, ["message"] = message };
        if (code is not null)
        {
            error["code"] = code;
        }

        if (declineCode is not null)
        {
            error["decline_code"] = declineCode;
        }

        if (intent is not null)
        {
            error["payment_intent"] = intent.Shown();
        }

        return new JsonObject { ["error"] = error };
    }

    private string Next(string prefix) => string.Create(CultureInfo.InvariantCulture, $"{prefix}{Interlocked.Increment(ref _made):d6}");
}
