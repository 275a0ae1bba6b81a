using Budgets.ApiHost.Auth;
using Budgets.ApiHost.Http;
using Budgets.ApiHost.OpenApi;

namespace Budgets.ApiHost.Endpoints;

internal enum Decision
{
    Allow = 0,
    Deny,
}

/// <param name="Refusal">What a reservation would be refused with; null when it would be held.</param>
/// <param name="LargestAmount">
/// The most that would be admitted now; null: no hard limit bounds it. Below another agent at least this would be: what relatives have set aside and do not need comes back only when it is needed.
/// </param>
/// <param name="Affordable">Which models the rest would pay for; empty as long as there are no prices.</param>
internal sealed record DecideAnswer(
    Decision Decision,
    RefusalAnswer? Refusal,
    Money? LargestAmount,
    IReadOnlyList<AffordableAnswer> Affordable,
    IReadOnlyList<WarningAnswer> Warnings);

internal sealed record AffordableAnswer(string Model, long MaxOutputTokens, long MaxCalls);

/// <summary>Ask first: what a reservation would be answered, without any effect.</summary>
internal static class DecideEndpoints
{
    public static void Map(Routes routes) => routes.Map("POST", "/v1/decide", Access.Spend, Post, new("decide", "Spending", "What a reservation would be answered now")
    {
        Text = "Takes the body of a reservation and changes nothing.",
        Body = typeof(ReservationBody),
        Answers = [new(200, typeof(DecideAnswer), "The decision.")],
        Problems = [ProblemKind.AgentClosed, ProblemKind.UnknownModelPrice],
    });

    private static async Task Post(Call call)
    {
        var (body, _, problem) = await Spending.Read(call, Wire.Default.ReservationBody);
        if (problem is not null)
        {
            await problem.Send(call.Http);
            return;
        }

        var foresight = await call.Budget.Decide(body!.Amount!.Value);
        if (foresight.Outcome is Outcome.AgentUnknown or Outcome.AgentClosed)
        {
            await Refusals.Send(call.Http, call.Agent, foresight.Outcome, foresight.Refusal, call.Edge);
            return;
        }

        var sheet = Sheet.Take();
        var json = sheet.Writer;
        json.WriteStartObject();
        json.WriteString(Words.Decision, Names<Decision>.Of(foresight.Outcome == Outcome.Accepted ? Decision.Allow : Decision.Deny));
        if (foresight.Outcome == Outcome.Accepted)
        {
            json.WriteNull(Words.Refusal);
        }
        else
        {
            json.WriteStartObject(Words.Refusal);
            Refusals.Write(json, call.Agent, foresight.Outcome, foresight.Refusal);
            json.WriteEndObject();
        }

        json.WriteMoney(Words.LargestAmount, foresight.LargestThatFits);
        json.WriteStartArray(Words.Affordable);
        json.WriteEndArray();
        Receipts.Warnings(json, foresight.Warnings);
        json.WriteEndObject();
        await sheet.Send(call.Http, 200);
    }
}
