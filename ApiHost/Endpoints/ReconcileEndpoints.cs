using System.Globalization;
using System.Text.Json.Serialization;
using Budgets.ApiHost.Auth;
using Budgets.ApiHost.Http;
using Budgets.ApiHost.OpenApi;

namespace Budgets.ApiHost.Endpoints;

/// <param name="Model">As it was booked; as it was billed, where it was not booked at all.</param>
/// <param name="Difference">What was billed beyond what was booked; negative: less.</param>
/// <param name="BilledInputTokens">Null, like the counts beside it: it was not told.</param>
internal sealed record DriftAnswer(
    string Model,
    DateOnly Date,
    Money Booked,
    Money Billed,
    Money Difference,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] long? BookedInputTokens,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] long? BilledInputTokens,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] long? BookedOutputTokens,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] long? BilledOutputTokens)
{
    public static DriftAnswer Of(Drift d, bool corrected) => new(
        d.Model, d.Date, d.Booked, d.Billed, d.Difference,
        corrected ? null : d.BookedInput, corrected ? null : d.BilledInput, corrected ? null : d.BookedOutput, corrected ? null : d.BilledOutput);
}

/// <param name="TimeZone">Whose days ours are.</param>
/// <param name="Drift">Every model and day that either side knows; with book, those that were corrected.</param>
/// <param name="EntryId">Of the correction in the ledger; null: nothing was booked.</param>
internal sealed record ReconcileAnswer(
    string AgentId, string TimeZone, Money Booked, Money Billed, Money Difference, IReadOnlyList<DriftAnswer> Drift, string? EntryId)
{
    public static ReconcileAnswer Of(AgentId agent, ReconcileOutcome o)
    {
        Money Sum(Func<Drift, Money> part) => o.Drift.Aggregate(Money.Zero, (sum, d) => sum + part(d));
        return new(
            agent.Value, o.TimeZone, Sum(d => d.Booked), Sum(d => d.Billed), Sum(d => d.Difference), [.. o.Drift.Select(d => DriftAnswer.Of(d, o.Entry is not null))],
            o.Entry is { } seq ? LedgerLine.IdOf(agent, seq) : null);
    }
}

/// <summary>What a provider says was used, beside what was booked; and a correction of the difference.</summary>
internal static class ReconcileEndpoints
{
    private static readonly Problem NoKey = Problem.Invalid(Idempotency.Header, "is required to book a correction");
    private static readonly Problem NoBook = Problem.Invalid(Idempotency.Header, "goes with book=true: without it nothing is done");

    private static readonly Problem OutOfDays = Problem.Invalid(
        "rows", $"must be of days before today, and not more than {ReconcileRequest.MostDays} days ago, to be booked: a day can be corrected once it is over");

    private static readonly Problem BelowAnother = Problem.Invalid(
        "book", "less was billed than was booked, and the agent above has counted it: that is not taken back. Give the agent above a larger limit, or correct upwards");

    public static void Map(Routes routes) => routes.MapOwnAndAddressed("POST", "reconcile", Access.Manage, Post, new("reconcile", "Ledger", "Compare with a provider's usage")
    {
        Text = "JSON, or Content-Type: text/csv with the columns model, date, cost, and input_tokens, output_tokens if known; then provider is a query parameter. "
            + "Names of one model are one model. With book=true and an Idempotency-Key the differences are booked as one entry of kind correction: it counts in the days it is of, "
            + "and in the week, month and life of the budget as far as they are the current ones. Nothing that was booked is changed.",
        Body = typeof(ReconcileBody),
        Query = [new("book", typeof(bool), "True: book what differs. Default false."), new("provider", typeof(string), "With CSV: whose usage it is.")],
        TakesIdempotencyKey = true,
        Answers = [new(200, typeof(ReconcileAnswer), "The differences.")],
        Problems = [ProblemKind.IdempotencyKeyReused, ProblemKind.AmountTooLarge],
    });

    private static async Task Post(Call call)
    {
        var query = new Query(call.Http, "book", "provider");
        var (book, provider) = (query.Flag("book"), query.Text("provider", 64));
        var isCsv = Csv.IsSent(call.Http);
        query.Faults.AddIf(provider is not null && !isCsv, "provider", "goes with CSV; in JSON it is a member of the body");
        var (key, keyProblem) = Idempotency.Of(call.Http, null);
        var wrong = query.Problem ?? keyProblem ?? (book && key is null ? NoKey : !book && key is not null ? NoBook : null);
        var (body, problem) = wrong is not null ? new Read<ReconcileBody>(null, wrong)
            : isCsv ? await BilledCsv.Read(call.Http, provider) : await Body.Read(call.Http, Wire.Default.ReconcileBody);
        if (body is null)
        {
            await problem!.Send(call.Http);
            return;
        }

        var outcome = await call.Budget.Reconcile(body.ToRequest(call.By, key));
        if (outcome.Replayed)
        {
            call.Http.Response.Headers[Spending.ReplayedHeader] = "true";
        }

        await (outcome.Result switch
        {
            ReconcileResult.Done => Reply.Send(call.Http, 200, Wire.Default.ReconcileAnswer, ReconcileAnswer.Of(call.Agent, outcome)),
            ReconcileResult.KeyReused => new Problem(ProblemKind.IdempotencyKeyReused, Explaining.Sentence(Outcome.IdempotencyKeyReused, null)).Send(call.Http),
            ReconcileResult.OutOfDays => OutOfDays.Send(call.Http),
            ReconcileResult.BelowAnother => BelowAnother.Send(call.Http),
            ReconcileResult.TooLarge => new Problem(ProblemKind.AmountTooLarge, Explaining.Sentence(Outcome.AmountTooLarge, null)).Send(call.Http),
            _ => Problem.NotFound.Send(call.Http),
        });
    }
}
