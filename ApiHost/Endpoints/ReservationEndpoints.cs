using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Budgets.ApiHost.Auth;
using Budgets.ApiHost.Http;
using Budgets.ApiHost.OpenApi;

namespace Budgets.ApiHost.Endpoints;

/// <summary>Set money aside, then commit what was spent or release it.</summary>
internal static class ReservationEndpoints
{
    private const string Name = "reservation_id";
    private const string One = "/v1/reservations/{" + Name + "}";

    public static void Map(Routes routes)
    {
        routes.Map("POST", "/v1/reservations", Access.Spend, Reserve, new("reserve", "Spending", "Set money aside for a spend to come")
        {
            Body = typeof(ReservationBody), TakesIdempotencyKey = true, Answers = [new(201, typeof(HeldAnswer), "Held.")],
            Problems = [.. Refused, ProblemKind.UnknownModelPrice, ProblemKind.TooManyReservations],
        });
        routes.Map("GET", One, Access.Read, Get, new("getReservation", "Spending", "A reservation as it stands")
        {
            Answers = [new(200, typeof(ReservationAnswer), "The reservation.")], Problems = [ProblemKind.NotFound],
        });
        routes.Map("POST", One + "/commit", Access.Spend, Commit, new("commitReservation", "Spending", "Spend what a reservation was for")
        {
            Text = "Money really spent is always booked: more than was held is flagged overage, after the expiry it is flagged late.",
            Body = typeof(CommitBody), TakesIdempotencyKey = true, Answers = [new(200, typeof(SettledAnswer), "Settled.")],
            Problems = [.. Ended, ProblemKind.UnknownModelPrice, ProblemKind.AmountTooLarge],
        });
        routes.Map("POST", One + "/release", Access.Spend, Release, new("releaseReservation", "Spending", "Give a reservation back unspent")
        {
            Body = typeof(ReleaseBody), BodyIsOptional = true, TakesIdempotencyKey = true,
            Answers = [new(200, typeof(ReleasedAnswer), "Released.")], Problems = Ended,
        });
        routes.Map("POST", One + "/extend", Access.Spend, Extend, new("extendReservation", "Spending", "Let a reservation end later")
        {
            Body = typeof(ExtendBody), TakesIdempotencyKey = true, Answers = [new(200, typeof(HeldAnswer), "Held for longer.")],
            Problems = [.. Ended, ProblemKind.Frozen],
        });
    }

    private static ProblemKind[] Refused =>
    [
        ProblemKind.BudgetExceeded, ProblemKind.Frozen, ProblemKind.RateExceeded,
        ProblemKind.AgentClosed, ProblemKind.AmountTooLarge, ProblemKind.IdempotencyKeyReused,
    ];

    private static ProblemKind[] Ended =>
    [
        ProblemKind.NotFound, ProblemKind.ReservationSettled, ProblemKind.ReservationReleased,
        ProblemKind.ReservationExpired, ProblemKind.AgentClosed, ProblemKind.IdempotencyKeyReused,
    ];

    private static async Task Reserve(Call call)
    {
        var (body, key, problem) = await Spending.Read(call, Wire.Default.ReservationBody);
        if (problem is not null)
        {
            await problem.Send(call.Http);
            return;
        }

        var request = body!.ToRequest(EdgeIds.Hold(), key);
        await Spending.Answer(call, call.Budget.Hold(request), request.Key, 201, Receipts.Hold, body);
    }

    private static async Task Get(Call call)
    {
        var id = Id(call) ?? (call.PathId(Name) is { } text && HoldId.IsOfCall(text) ? new HoldId(text) : null);
        if (id is null || await call.Budget.GetHold(id.Value) is not { } hold)
        {
            await Problem.NotFound.Send(call.Http);
            return;
        }

        await Reply.Send(call.Http, 200, Wire.Default.ReservationAnswer, ReservationAnswer.Of(hold));
    }

    private static Task Commit(Call call) => End(
        call, Wire.Default.CommitBody, static (budget, id, body, key) => budget.Settle(body.ToRequest(id, key)), Receipts.Settle);

    private static Task Release(Call call) => End(
        call, Wire.Default.ReleaseBody, static (budget, id, _, key) => budget.Release(new(id, key)), Receipts.Release, bodyIsOptional: true);

    private static Task Extend(Call call) => End(
        call, Wire.Default.ExtendBody, static (budget, id, body, key) => budget.Extend(new(id, body.ExtendSeconds!.Value, key)), Receipts.Hold);

    /// <summary>A request about one reservation: its id, its body, its key, then the budget is asked.</summary>
    private static async Task End<T>(
        Call call,
        JsonTypeInfo<T> shape,
        Func<IBudgetGrain, HoldId, T, IdempotencyKey?, ValueTask<SpendOutcome>> ask,
        Action<Utf8JsonWriter, Receipt> write,
        bool bodyIsOptional = false)
        where T : KeyedBody
    {
        var (body, key, problem) = await Spending.Read(call, shape, bodyIsOptional);
        if (problem is not null || Id(call) is not { } id)
        {
            await (problem ?? Problem.NotFound).Send(call.Http);
            return;
        }

        await Spending.Answer(call, ask(call.Budget, id, body!, key), key, 200, write);
    }

    private static HoldId? Id(Call call) => call.PathId(Name) is { } text && HoldId.IsWellFormed(text) ? new HoldId(text) : null;
}
