using Budgets.ApiHost;
using Budgets.ApiHost.Auth;
using Budgets.ApiHost.Http;
using Budgets.ApiHost.OpenApi;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Budgets.Bench;

/// <summary>The real API host, and beside its routes two that do nothing: what the machine, Kestrel and Orleans cost without us.</summary>
internal static class Host
{
    public static WebApplication Build(string[] args)
    {
        var app = BudgetsApi.Build(args);
        var routes = new Routes(app, app.Services.GetRequiredService<Edge>());
        routes.Public("POST", "/bench/empty", Nothing, new Described("benchEmpty", "Bench", "Nothing"));
        routes.Map("POST", "/bench/noop", Access.Spend, Noop, new Described("benchNoop", "Bench", "Who asks, and a grain call"));
        return app;
    }

    /// <summary>{}, without looking at the request.</summary>
    private static Task Nothing(HttpContext http)
    {
        var sheet = Sheet.Take();
        sheet.Writer.WriteStartObject();
        sheet.Writer.WriteEndObject();
        return sheet.Send(http, 200);
    }

    /// <summary>{}, after the caller's key was looked at like a charge's, and a grain of the caller's was called.</summary>
    private static async Task Noop(Call call)
    {
        await call.Edge.Grains.GetGrain<INoopGrain>(call.Agent.Value).Call();
        await Nothing(call.Http);
    }
}
