using System.Text.Json.Serialization;
using Budgets.ApiHost.Auth;
using Budgets.ApiHost.Http;
using Budgets.ApiHost.OpenApi;

namespace Budgets.ApiHost.Endpoints;

internal enum Decision
{
    Allow = 0,
    Deny,

    /// <summary>It would fit, and needs an approval first.</summary>
    ApprovalRequired,
}

/// <param name="Refusal">What a reservation would be refused with; null when it would be held.</param>
/// <param name="LargestAmount">
/// The most that would be admitted now; null: no hard limit bounds it. Below another agent at least this would be: what relatives have set aside and do not need comes back only when it is needed.
/// </param>
/// <param name="Amount">What was asked for; worked out from the usage if no amount was told.</param>
/// <param name="Affordable">What the rest would pay for: the model asked about and, where that is not one call, cheaper ones of its provider; empty for a request that told its amount.</param>
/// <param name="PriceVersion">The price that the amount was worked out with.</param>
internal sealed record DecideAnswer(
    Decision Decision,
    RefusalAnswer? Refusal,
    Money Amount,
    Money? LargestAmount,
    IReadOnlyList<AffordableAnswer> Affordable,
    IReadOnlyList<WarningAnswer> Warnings,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? PriceVersion = null);

/// <param name="MaxOutputTokens">The longest output of one call with this much input; null: bounded neither by the money nor, as far as is known, by the model.</param>
/// <param name="MaxCalls">Calls with this usage; null: the money does not bound them.</param>
internal sealed record AffordableAnswer(string Model, long? MaxOutputTokens, long? MaxCalls);

/// <summary>Ask first: what a reservation would be answered, without any effect.</summary>
internal static class DecideEndpoints
{
    /// <summary>No reservation is made, so it needs no id of its own.</summary>
    private static readonly HoldId Unmade = new(HoldId.Prefix);

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

        var foresight = await call.Budget.DecideOn(body!.ToRequest(Unmade, null));
        if (foresight.Outcome is Outcome.OutOfRange or Outcome.AgentUnknown or Outcome.AgentClosed or Outcome.PriceUnknown)
        {
            await Refusals.Send(call.Http, call.Agent, foresight.Outcome, foresight.Refusal, call.Edge);
            return;
        }

        var affordable = await Affording.Ask(call, body, foresight.LargestThatFits);
        var sheet = Sheet.Take();
        var json = sheet.Writer;
        json.WriteStartObject();
        json.WriteString(Words.Decision, Names<Decision>.Of(foresight.Outcome switch
        {
            Outcome.Accepted => Decision.Allow,
            Outcome.ApprovalRequired => Decision.ApprovalRequired,
            _ => Decision.Deny,
        }));
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

        json.WriteMoney(Words.Amount, foresight.Amount);
        Receipts.PriceVersion(json, foresight.PriceVersion);
        json.WriteMoney(Words.LargestAmount, foresight.LargestThatFits);
        Receipts.Affordable(json, affordable.IsDefault ? [] : affordable);
        Receipts.Warnings(json, foresight.Warnings);
        json.WriteEndObject();
        await sheet.Send(call.Http, 200);
    }
}
