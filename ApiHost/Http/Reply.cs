using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Budgets.ApiHost.Http;

/// <summary>Answers that are written from their shape: everything that is not asked thousands of times a second.</summary>
internal static class Reply
{
    public static Task Send<T>(HttpContext http, int status, JsonTypeInfo<T> shape, T answer)
    {
        var sheet = Sheet.Take();
        JsonSerializer.Serialize(sheet.Writer, answer, shape);
        return sheet.Send(http, status);
    }

    /// <summary>One thing of an agent's, asked without a query: 404 where there is none.</summary>
    public static async Task Show<TView, TAnswer>(Call call, Func<IBudgetGrain, ValueTask<TView?>> ask, JsonTypeInfo<TAnswer> shape, Func<TView, TAnswer> of)
        where TView : class
    {
        var problem = new Query(call.Http).Problem;
        var view = problem is null ? await ask(call.Budget) : null;
        await (view is null ? (problem ?? Problem.NotFound).Send(call.Http) : Send(call.Http, 200, shape, of(view)));
    }
}
