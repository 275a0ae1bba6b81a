using Budgets.ApiHost.Auth;
using Budgets.ApiHost.Gateway;
using Budgets.ApiHost.Http;
using Budgets.ApiHost.OpenApi;

namespace Budgets.ApiHost.Endpoints;

/// <summary>What models cost: the catalogue, and the operator's prices over it.</summary>
internal static class ModelEndpoints
{
    private const string Name = "model_id";
    private const string One = "/v1/models/{" + Name + "}";
    private const int MaxPage = 100;
    private const int DefaultPage = 50;

    /// <summary>Of Anthropic's own list (source: its API reference, "List Models").</summary>
    private const int MaxAnthropicPage = PriceQuery.MaxLimit;
    private const int DefaultAnthropicPage = 20;

    private const string Lifecycle = "lifecycle" + Http.Query.List;
    private const string After = "after_id";
    private const string Before = "before_id";

    /// <summary>Some of Anthropic's SDKs send it; it changes nothing.</summary>
    private const string Beta = "beta";

    private const int MaxProviderLength = 64;

    private static readonly Problem BadId = Problem.Invalid(
        Name, $"must have 1 to {PriceOverride.MaxIdLength} of the characters a-z 0-9 . _ - : @ + /, the last written as %2F");

    private static readonly Problem Unknown = new(ProblemKind.NotFound, "There is no model of that name in the price catalogue.");

    private static readonly Problem TooMany = new(
        ProblemKind.TooManyPrices, $"The operator's prices may be {IPricesGrain.MaxKept} at most, and none of them has been superseded; withdraw one first.");

    public static void Map(Routes routes)
    {
        routes.Map("GET", "/v1/models", Access.Anyone, List, new("listModels", "Models", "What models cost, by id")
        {
            Text = "Usage without an amount is priced by this. A name finds its model by its id, an alias, or the rules of its provider, which know dated names and names with the provider before them. "
                + "Reads as OpenAI's list and as Anthropic's, whose SDKs page through it by after_id and before_id.",
            Query =
            [
                new("limit", typeof(int), "1 to 100, default 50; with anthropic-version 1 to 1000, default 20."), new("cursor", typeof(string), "The next_cursor of the page before."),
                new(After, typeof(string), "The last_id of the page before."), new(Before, typeof(string), "The first_id of the page after."),
                new(Lifecycle, typeof(string[]), "Only models that are active, or deprecated; retired ones are not listed. May be given several times."), new(Beta, typeof(string), "Changes nothing."),
                new("query", typeof(string), "Only models with this in their id or an alias."), new("provider", typeof(string), "Only models of this provider."),
                new("name", typeof(string), "Only the model that usage under this name is priced as."),
            ],
            Answers = [new(200, typeof(ModelListAnswer), "A page.")],
        });
        routes.Map("GET", One, Access.Anyone, Get, new("getModel", "Models", "What a model costs")
        {
            Text = "By its id or any name that usage of it is priced under; a slash in it is written %2F. Reads as OpenAI's answer and as Anthropic's; errors are in the dialect of whoever asks: Anthropic's with anthropic-version.",
            Accent = new AskersDialect(),
            Answers = [new(200, typeof(ModelAnswer), "The model.")], Problems = [ProblemKind.NotFound, ProblemKind.InvalidRequest],
        });
        routes.Map("PUT", One, Access.Operator, Put, new("setPrice", "Models", "Set what a model costs")
        {
            Text = "Wins over the catalogue, on every host within seconds, and gets a version of its own. The same again changes nothing. A slash in the id is written %2F.",
            Body = typeof(PriceBody), Answers = [new(200, typeof(ModelAnswer), "The model as it is priced now.")], Problems = [ProblemKind.TooManyPrices],
        });
        routes.Map("DELETE", One, Access.Operator, Withdraw, new("withdrawPrice", "Models", "Go back to the catalogue's price")
        {
            Text = "From now on. Withdrawing twice is fine.",
            Answers = [new(200, typeof(ModelAnswer), "The model as it is priced now; without prices if the catalogue does not have it.")], Problems = [ProblemKind.NotFound, ProblemKind.InvalidRequest],
        });
    }

    private static async Task List(Call call)
    {
        var isAnthropics = AskersDialect.IsAnthropics(call.Http.Request);
        var query = new Query(call.Http, "limit", "cursor", After, Before, "query", "provider", "name", Lifecycle, Beta);
        const string place = "must be the id of a model";
        var after = query.Id(After, PriceOverride.IsId, place);
        var stages = query.Several(Lifecycle, ModelAnswer.Active, ModelAnswer.BeingRetired, ModelAnswer.Retired);
        var asked = new PriceQuery(
            isAnthropics ? query.Limit(MaxAnthropicPage, DefaultAnthropicPage) : query.Limit(MaxPage, DefaultPage),
            query.Cursor(PriceOverride.IsId) ?? after,
            query.Text("query", PriceOverride.MaxIdLength),
            query.Text("provider", MaxProviderLength),
            query.Text("name", Purpose.MaxModelLength),
            query.Id(Before, PriceOverride.IsId, place),
            stages.Contains(ModelAnswer.Active) == stages.Contains(ModelAnswer.BeingRetired) ? null : stages.Contains(ModelAnswer.BeingRetired));
        query.Faults.AddIf(asked is { After: not null, Before: not null }, Before, $"goes with neither {After} nor cursor");
        if (query.Problem is { } problem)
        {
            await (isAnthropics ? Dialect.Anthropic.Send(call.Http, problem) : problem.Send(call.Http));
            return;
        }

        var page = stages.Count > 0 && stages.All(s => s == ModelAnswer.Retired) ? new PricePage([], null) : await call.Edge.Prices.List(asked);
        await Reply.Send(call.Http, 200, Wire.Default.ModelListAnswer, new(
            "list",
            [.. page.Models.Select(m => ModelAnswer.Of(m, call.Edge.Now))],
            page.Next is { } next && asked.Before is null ? Cursor.Write(next) : null,
            page.Next is not null,
            page.Models.FirstOrDefault()?.Id,
            page.Models.LastOrDefault()?.Id));
    }

    private static async Task Get(Call call)
    {
        var name = Unescaped(call) ?? "";
        if (new Query(call.Http, Beta).Problem is { } problem)
        {
            await problem.Send(call.Http);
            return;
        }

        var page = name.Length is > 0 and <= Purpose.MaxModelLength ? await call.Edge.Prices.List(new PriceQuery(1, Name: name)) : null;
        await (page is { Models: [var model, ..] } ? Reply.Send(call.Http, 200, Wire.Default.ModelAnswer, ModelAnswer.Of(model, call.Edge.Now)) : Unknown.Send(call.Http));
    }

    private static async Task Put(Call call)
    {
        var (body, problem) = await Body.Read(call.Http, Wire.Default.PriceBody);
        if (body is null || Id(call) is not { } id)
        {
            await (problem ?? BadId).Send(call.Http);
            return;
        }

        await Answer(call, id, await call.Edge.Prices.Set(body.ToOverride(id)));
    }

    private static async Task Withdraw(Call call)
    {
        if (Id(call) is not { } id)
        {
            await BadId.Send(call.Http);
            return;
        }

        await Answer(call, id, await call.Edge.Prices.Withdraw(id));
    }

    private static Task Answer(Call call, string id, SetPriceOutcome outcome) => outcome.Result switch
    {
        SetPriceResult.Done => Reply.Send(call.Http, 200, Wire.Default.ModelAnswer, outcome.Model is { } model ? ModelAnswer.Of(model, call.Edge.Now) : Unpriced(id)),
        SetPriceResult.TooMany => TooMany.Send(call.Http),
        _ => Problem.NotFound.Send(call.Http),
    };

    private static ModelAnswer Unpriced(string id) => new(id, "model", 0, PricedModel.Operator, "model", id, DateTimeOffset.UnixEpoch, null, [], null, null, Deprecated: false, [], []);

    private static string? Id(Call call) => Unescaped(call)?.ToLowerInvariant() is { } id && PriceOverride.IsId(id) ? id : null;

    // A slash within one part of a path stays as it was sent; everything else is decoded already.
    private static string? Unescaped(Call call) => call.PathId(Name)?.Replace("%2F", "/", StringComparison.OrdinalIgnoreCase);
}
