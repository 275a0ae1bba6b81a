using System.Text.RegularExpressions;
using Budgets.ApiHost.Auth;
using Budgets.ApiHost.Endpoints;
using Budgets.ApiHost.Http;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;

namespace Budgets.ApiHost.OpenApi;

/// <summary>Turns what a route says about itself into an OpenAPI operation.</summary>
internal static partial class Operations
{
    public const string KeyScheme = "key";

    public static async Task Describe(OpenApiOperation operation, OpenApiOperationTransformerContext context, CancellationToken cancellation)
    {
        if (context.Description.ActionDescriptor.EndpointMetadata.OfType<Described>().FirstOrDefault() is not { } route)
        {
            return;
        }

        var document = context.Document!;
        operation.OperationId = route.Id;
        operation.Summary = route.Summary;
        operation.Description = route.Text;
        operation.Tags = new HashSet<OpenApiTagReference> { new(route.Tag, document) };
        operation.Parameters = [.. await Parameters(route, context, cancellation)];
        if (route.Body is { } body)
        {
            operation.RequestBody = new OpenApiRequestBody { Required = !route.BodyIsOptional, Content = Content(Sheet.Json, await Shape(body, context, cancellation)) };
        }

        operation.Responses = [];
        foreach (var group in route.Answers.GroupBy(a => a.Status))
        {
            var response = new OpenApiResponse { Description = string.Join(" ", group.Select(a => a.Text)), Content = new Dictionary<string, OpenApiMediaType>() };
            foreach (var answer in group)
            {
                response.Content[answer.MediaType] = new OpenApiMediaType { Schema = answer.Shape is { } shape ? await Shape(shape, context, cancellation) : null };
            }

            operation.Responses[Code(group.Key)] = response;
        }

        foreach (var group in ProblemsOf(route).Distinct().GroupBy(p => p.Status).OrderBy(g => g.Key))
        {
            operation.Responses[Code(group.Key)] = new OpenApiResponse
            {
                Description = string.Join(" | ", group.Select(p => $"`{p.Code}`: {p.Title}.")),
                Content = route.Accent is { } accent
                    ? Content(Sheet.Json, await Shape(accent.Shape, context, cancellation))
                    : Content(Sheet.Problem, await Shape(group.Key == 402 ? typeof(RefusalAnswer) : typeof(ProblemAnswer), context, cancellation)),
            };
        }

        operation.Security = route.Access is null ? [] : [new OpenApiSecurityRequirement { [new OpenApiSecuritySchemeReference(KeyScheme, document)] = [] }];
    }

    private static List<ProblemKind> ProblemsOf(Described route)
    {
        var common = new List<ProblemKind>(route.Problems);
        if (route.Body is not null)
        {
            common.AddRange([ProblemKind.InvalidRequest, ProblemKind.BodyTooLarge, ProblemKind.UnsupportedMediaType]);
        }

        if (route.Query.Length > 0)
        {
            common.Add(ProblemKind.InvalidRequest);
        }

        if (route.Access is { } access)
        {
            common.AddRange([ProblemKind.Unauthenticated, ProblemKind.StoreUnavailable, ProblemKind.OutcomeUnknown, ProblemKind.Overloaded]);
            common.Add(route.Path.Contains("{agent_id}", StringComparison.Ordinal) ? ProblemKind.NotFound : ProblemKind.InvalidRequest);
            common.AddRange(access is Access.Read or Access.Anyone ? [] : [ProblemKind.Forbidden]);
        }

        return common;
    }

    private static async Task<List<IOpenApiParameter>> Parameters(Described route, OpenApiOperationTransformerContext context, CancellationToken cancellation)
    {
        var parameters = new List<IOpenApiParameter>();
        foreach (Match name in PathParameter().Matches(route.Path))
        {
            parameters.Add(new OpenApiParameter
            {
                Name = name.Groups[1].Value, In = ParameterLocation.Path, Required = true, Schema = new OpenApiSchema { Type = JsonSchemaType.String },
            });
        }

        foreach (var asked in route.Query)
        {
            parameters.Add(new OpenApiParameter
            {
                Name = asked.Name, In = ParameterLocation.Query, Description = asked.Text, Schema = await context.GetOrCreateSchemaAsync(asked.Shape, null, cancellation),
            });
        }

        if (route.TakesIdempotencyKey)
        {
            parameters.Add(new OpenApiParameter
            {
                Name = Idempotency.Header, In = ParameterLocation.Header, Schema = new OpenApiSchema { Type = JsonSchemaType.String, MaxLength = IdempotencyKey.MaxLength },
                Description = $"The caller's name for this one effect. The same key and request again answer the same, with {Spending.ReplayedHeader}: true.",
            });
        }

        return parameters;
    }

    /// <summary>A shape, written once among the components and referred to from then on.</summary>
    private static async Task<IOpenApiSchema> Shape(Type type, OpenApiOperationTransformerContext context, CancellationToken cancellation)
    {
        var schema = await context.GetOrCreateSchemaAsync(type, null, cancellation);
        context.Document!.AddComponent(type.Name, schema);
        return new OpenApiSchemaReference(type.Name, context.Document);
    }

    private static Dictionary<string, OpenApiMediaType> Content(string mediaType, IOpenApiSchema schema) =>
        new() { [mediaType] = new OpenApiMediaType { Schema = schema } };

    private static string Code(int status) => status.ToString(System.Globalization.CultureInfo.InvariantCulture);

    [GeneratedRegex(@"\{(\w+)\}")]
    private static partial Regex PathParameter();
}
