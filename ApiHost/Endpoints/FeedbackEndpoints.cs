using System.ComponentModel;
using System.Text.Json.Serialization;
using Budgets.ApiHost.Auth;
using Budgets.ApiHost.Gateway;
using Budgets.ApiHost.Http;
using Budgets.ApiHost.OpenApi;

namespace Budgets.ApiHost.Endpoints;

internal sealed record FeedbackBody : IBody
{
    [Description("Of the call: its answer's x-budget-reservation.")]
    public string? ReservationId { get; set; }

    [Description("How good the answer was: 0 to 1.")]
    public decimal? Quality { get; set; }

    public void Check(Faults faults)
    {
        faults.AddIf(ReservationId is null, "reservation_id", "is required");
        faults.AddIf(ReservationId is not null && !HoldId.IsOfCall(ReservationId), "reservation_id", "must be the reservation of a call through the gateway (gwr_…)");
        faults.AddIf(Quality is null, "quality", "is required");
        faults.AddIf(Quality is < 0 or > 1, "quality", "must be from 0 to 1");
    }
}

/// <param name="Quality">What counts: of a call that is rated again the first.</param>
/// <param name="Complexity">How hard the call's task was taken to be.</param>
/// <param name="Taught">False: the call named its model, so that there is nothing to learn from it for those that do not.</param>
internal sealed record FeedbackAnswer(
    string ReservationId,
    double Quality,
    string? Model,
    string? Operation,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] Complexity? Complexity,
    bool Taught);

/// <summary>What callers think of answers, so that "auto" learns which models are good enough. What one agent tells, all of its tree are served by.</summary>
internal static class FeedbackEndpoints
{
    public static void Map(Routes routes)
    {
        var described = new Described("giveFeedback", "Gateway", "Say how good the answer to a call was")
        {
            Text = "Of calls of model auto. Each is rated once, and durably when this is answered; the same again changes nothing. What was said of late counts most.",
            Body = typeof(FeedbackBody),
            Answers = [new(200, typeof(FeedbackAnswer), "Taken.")],
            Problems = [ProblemKind.NotFound, ProblemKind.CallNotEnded, ProblemKind.FeedbackGiven, ProblemKind.ReservationReleased, ProblemKind.ReservationExpired],
        };
        routes.Map("POST", "/v1/feedback", Access.Read, Give, described with { Id = "giveFeedbackOfOwnAgent", Summary = described.Summary + " (own agent)" });
        routes.Map("POST", "/v1/agents/{agent_id}/feedback", Access.Read, Give, described);
    }

    private static async Task Give(Call call)
    {
        var (body, problem) = await Body.Read(call.Http, Wire.Default.FeedbackBody);
        if (body is null)
        {
            await problem!.Send(call.Http);
            return;
        }

        var id = new HoldId(body.ReservationId!);
        var quality = (double)body.Quality!.Value;
        var hold = await call.Budget.GetHold(id);
        if (hold is not { Status: HoldStatus.Settled, Purpose: { Model: { } model, Operation: { } operation } purpose })
        {
            await Unrated(hold?.Status).Send(call.Http);
            return;
        }

        if (Reasons.ComplexityOf(purpose.Tags) is not { } complexity)
        {
            await Reply.Send(call.Http, 200, Wire.Default.FeedbackAnswer, new FeedbackAnswer(id.Value, quality, model, operation, null, Taught: false));
            return;
        }

        var root = await call.Edge.Lineage.RootOf(call.Agent);
        var rated = await call.Edge.Grains.GetGrain<IRouterGrain>(root.Value).Rate(new RatingRequest(id, call.Agent, new Job(operation, complexity), model, quality));
        if (rated.Result == RatingResult.RatedBefore)
        {
            await new Problem(ProblemKind.FeedbackGiven, $"The call was said to be {rated.Quality} before, and that counts.").Send(call.Http);
            return;
        }

        if (rated.Result == RatingResult.Repeated)
        {
            call.Http.Response.Headers[Spending.ReplayedHeader] = "true";
        }

        await Reply.Send(call.Http, 200, Wire.Default.FeedbackAnswer, new FeedbackAnswer(id.Value, rated.Quality, model, operation, complexity, Taught: true));
    }

    private static Problem Unrated(HoldStatus? status) => status switch
    {
        HoldStatus.Held => new(ProblemKind.CallNotEnded, "The call is still being answered, or its cost being booked. Rate it in a moment."),
        HoldStatus.Released => new(ProblemKind.ReservationReleased, "The call came to nothing, so there is no answer to rate."),
        HoldStatus.Expired => new(ProblemKind.ReservationExpired, "The call's reservation expired, so there is no answer to rate."),
        _ => Problem.NotFound,
    };
}
