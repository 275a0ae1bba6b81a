using Budgets.ApiHost.Auth;
using Budgets.ApiHost.Endpoints;
using Budgets.ApiHost.Gateway;
using Budgets.ApiHost.Gateway.Batches;
using Budgets.ApiHost.Http;
using Budgets.ApiHost.OpenApi;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging.Console;
using Microsoft.Extensions.Options;

namespace Budgets.ApiHost;

/// <summary>Puts the host together; tests and benchmarks build the same one and may add routes before they start it.</summary>
public static class BudgetsApi
{
    /// <summary>The key of the clock that budgets live by; Orleans keeps its own.</summary>
    internal const string Clock = "Budgets";

    internal const string DefaultUrl = "http://localhost:8080";

    // What a refused body still sends is read and thrown away up to here, so that its sender can read the answer.
    private const long MostBytesSwallowed = 32 << 20;

    /// <param name="args">As on the command line: <c>--urls</c>, <c>--Budgets:DataDirectory</c> …</param>
    /// <param name="configure">Last word on services, for tests: another clock, another store.</param>
    /// <exception cref="OptionsValidationException">The configuration has faults; all of them are listed.</exception>
    public static WebApplication Build(string[] args, Action<WebApplicationBuilder>? configure = null)
    {
        var builder = WebApplication.CreateSlimBuilder(Embedded.Unwatched(args));
        builder.Configuration.Sources.Insert(0, Embedded.QuietLogs);
        Listen(builder);
        var options = ApiOptions.Read(builder.Configuration);
        Embedded.AddSilo(builder, options);
        ApiTelemetry.Add(builder);

        // The slim builder insists on plain lines; whoever asks for JSON shall have it.
        builder.Services.Configure<ConsoleLoggerOptions>(builder.Configuration.GetSection("Logging:Console"));
        AddBudgetsApi(builder.Services, options);
        configure?.Invoke(builder);
        var app = builder.Build();
        MapBudgetsApi(app);
        return app;
    }

    /// <summary>Runs until it is told to stop.</summary>
    /// <exception cref="IOException">The port is taken, or the data directory is.</exception>
    public static async Task Run(WebApplication app)
    {
        try
        {
            await app.StartAsync();
        }
        catch (IOException e) when (e.InnerException is AddressInUseException)
        {
            // The silo runs already by the time the port is asked for; it is stopped in order.
            await app.StopAsync();
            throw;
        }

        await app.WaitForShutdownAsync();
    }

    /// <summary>Maps every route of the contract.</summary>
    public static void MapBudgetsApi(WebApplication app)
    {
        app.UseProblems();
        var edge = app.Services.GetRequiredService<Edge>();
        var routes = new Routes(app, edge);
        AgentEndpoints.Map(routes);
        FreezeEndpoints.Map(routes);
        KeyEndpoints.Map(routes);
        BudgetEndpoints.Map(routes);
        AlertEndpoints.Map(routes);
        ChildEndpoints.Map(routes);
        FamilyEndpoints.Map(routes);
        RunEndpoints.Map(routes);
        ReservationEndpoints.Map(routes);
        ChargeEndpoints.Map(routes);
        DecideEndpoints.Map(routes);
        ApprovalEndpoints.Map(routes);
        ApprovePages.Map(routes);
        ModelEndpoints.Map(routes);
        LedgerEndpoints.Map(routes);
        ProofEndpoints.Map(routes);
        UsageEndpoints.Map(routes);
        AnalyticsEndpoints.Map(routes);
        CreditEndpoints.Map(routes);
        RechargeEndpoints.Map(routes);
        ForecastEndpoints.Map(routes);
        StripeEndpoints.Map(routes);
        OptimizationEndpoints.Map(routes);
        PreviewEndpoints.Map(routes);
        ReconcileEndpoints.Map(routes);
        HealthEndpoints.Map(routes);
        MetricsEndpoints.Map(app, routes);
        FeedbackEndpoints.Map(routes);
        GatewayEndpoints.Map(routes, app.Services.GetRequiredService<Gate>());
        BatchEndpoints.Map(routes, app.Services.GetRequiredService<Router>(), app.Services.GetRequiredService<Endings>(), app.Services.GetRequiredService<BatchRun>());
        Contract.Map(routes);
        if (Embedded.HasDashboard(app.Configuration))
        {
            DashboardEndpoints.Map(app, edge);
        }
    }

    private static void AddBudgetsApi(IServiceCollection services, ApiOptions options)
    {
        services.TryAddKeyedSingleton(Clock, TimeProvider.System);
        services.AddSingleton(options);
        services.AddSingleton(_ => OperatorKey.Load(options, Console.Out));
        services.AddSingleton<KeyCache>();
        services.AddSingleton<Freshness>();
        services.AddSingleton<RevocationWatch>();
        services.AddHostedService(s => s.GetRequiredService<RevocationWatch>());
        services.AddSingleton<Door>();
        services.AddSingleton<Lineage>();
        services.AddSingleton<ApprovalWatch>();
        services.AddSingleton<Edge>();
        services.AddGateway();
        services.AddContract();
    }

    private static void Listen(WebApplicationBuilder builder)
    {
        // Answers go out on the thread that made them: nothing here blocks for longer than a read of cached pages.
        builder.WebHost.UseSockets(sockets => sockets.UnsafePreferInlineScheduling = true);
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = MostBytesSwallowed;
        });
        var settings = builder.Configuration;
        if (settings["urls"] is null && settings["http_ports"] is null && !settings.GetSection("Kestrel:Endpoints").Exists())
        {
            builder.WebHost.UseUrls(DefaultUrl);
        }
    }
}
