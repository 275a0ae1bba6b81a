using System.Text;
using Budgets.ApiHost.Http;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;

namespace Budgets.ApiHost.OpenApi;

/// <summary>The contract as OpenAPI 3.1 at /openapi/v1.json: every route, from the shapes that parse and write its JSON.</summary>
internal static class Contract
{
    private const string Name = "v1";

    public static void AddContract(this IServiceCollection services)
    {
        services.ConfigureHttpJsonOptions(json =>
        {
            // The schemas come from the very options that read and write the bodies.
            json.SerializerOptions.TypeInfoResolverChain.Clear();
            json.SerializerOptions.TypeInfoResolverChain.Add(Wire.Default);
            json.SerializerOptions.PropertyNamingPolicy = Wire.Default.Options.PropertyNamingPolicy;
            json.SerializerOptions.NumberHandling = Wire.Default.Options.NumberHandling;
            json.SerializerOptions.UnmappedMemberHandling = Wire.Default.Options.UnmappedMemberHandling;
            foreach (var converter in Wire.Default.Options.Converters)
            {
                json.SerializerOptions.Converters.Add(converter);
            }
        });
        services.AddOpenApi(Name, options =>
        {
            options.OpenApiVersion = OpenApiSpecVersion.OpenApi3_1;
            options.AddDocumentTransformer(Describe);
            options.AddOperationTransformer(Operations.Describe);
            options.AddSchemaTransformer(Schemas.Describe);
        });
    }

    public static void Map(Routes routes)
    {
        // Written once: the routes do not change while the host runs, and nobody should be able to make it work hard.
        byte[]? written = null;
        routes.Public("GET", "/openapi/v1.json", async http =>
        {
            written ??= await Write(http);
            http.Response.ContentType = Sheet.Json;
            http.Response.ContentLength = written.Length;
            await http.Response.BodyWriter.WriteAsync(written, http.RequestAborted);
        }, new("openapi", "Operations", "This document") { Answers = [new(200, null, "OpenAPI 3.1.")] });
    }

    private static async Task<byte[]> Write(HttpContext http)
    {
        var provider = http.RequestServices.GetRequiredKeyedService<IOpenApiDocumentProvider>(Name);
        var document = await provider.GetOpenApiDocumentAsync(http.RequestAborted);
        return Encoding.UTF8.GetBytes(await document.SerializeAsJsonAsync(OpenApiSpecVersion.OpenApi3_1, http.RequestAborted));
    }

    private static Task Describe(OpenApiDocument document, OpenApiDocumentTransformerContext context, CancellationToken cancellation)
    {
        document.Info = new OpenApiInfo
        {
            Title = "Budgets.Orleans",
            Version = Name,
            Description = "Exact budgets for autonomous AI agents. Money is JSON numbers of US dollars with at most nine decimals. "
                + "Members that are not known are refused. Every error is application/problem+json with a stable code.",
        };
        document.Servers = [];
        document.Components ??= new OpenApiComponents();
        document.Components.SecuritySchemes ??= new Dictionary<string, IOpenApiSecurityScheme>();
        document.Components.SecuritySchemes[Operations.KeyScheme] = new OpenApiSecurityScheme
        {
            Type = SecuritySchemeType.Http,
            Scheme = "bearer",
            BearerFormat = "abo_… (operator) or abk_… (agent)",
            Description = "An API key: ab[ko]_[0-9A-Za-z]{36}.",
        };
        return Task.CompletedTask;
    }
}
