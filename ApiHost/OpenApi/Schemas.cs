using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using Budgets.ApiHost.Http;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;

namespace Budgets.ApiHost.OpenApi;

/// <summary>Schemas of what our own converters read and write; the exporter cannot see into them.</summary>
internal static class Schemas
{
    public static async Task Describe(OpenApiSchema schema, OpenApiSchemaTransformerContext context, CancellationToken cancellation)
    {
        var declared = context.JsonTypeInfo.Type;
        var isChange = declared.IsGenericType && declared.GetGenericTypeDefinition() == typeof(Change<>);
        var inner = isChange ? declared.GetGenericArguments()[0] : declared;
        var type = Nullable.GetUnderlyingType(inner) ?? inner;
        var orNull = isChange || type != inner ? JsonSchemaType.Null : 0;
        if (type == typeof(Money))
        {
            schema.Type = JsonSchemaType.Number | orNull;
            schema.Description ??= "Dollars, at most nine decimals.";
            schema.Examples = [JsonValue.Create(25.00m)];
        }
        else if (type == typeof(DateTimeOffset))
        {
            schema.Type = JsonSchemaType.String | orNull;
            schema.Format = "date-time";
        }
        else if (type.IsEnum)
        {
            schema.Type = JsonSchemaType.String | orNull;
            schema.Enum = [.. NamesOf(type).Select(n => JsonValue.Create(n))];
        }
        else if (isChange && type.IsAssignableTo(typeof(IBody)))
        {
            var changed = await context.GetOrCreateSchemaAsync(type, null, cancellation);
            (schema.Type, schema.AdditionalPropertiesAllowed) = (JsonSchemaType.Object | JsonSchemaType.Null, false);
            (schema.Properties, schema.Required) = (changed.Properties, null);
            return;
        }
        else if (isChange)
        {
            schema.Type = (type == typeof(string) ? JsonSchemaType.String : JsonSchemaType.Integer) | orNull;
        }
        else if (context.JsonTypeInfo.Kind == JsonTypeInfoKind.Object)
        {
            // Bodies are read strictly; answers may get new members.
            schema.AdditionalPropertiesAllowed = !type.IsAssignableTo(typeof(IBody));
            schema.Required?.ExceptWith(LeftOutWhenNull(context.JsonTypeInfo));
            schema.Type |= context.JsonPropertyInfo is { IsGetNullable: true } ? JsonSchemaType.Null : 0;
        }

        if (isChange)
        {
            schema.Properties = null;
            schema.Required = null;
        }
    }

    private static IEnumerable<string> LeftOutWhenNull(JsonTypeInfo shape) =>
        shape.Properties
            .Where(p => p.AttributeProvider?.GetCustomAttributes(typeof(JsonIgnoreAttribute), inherit: true).Length > 0)
            .Select(p => p.Name);

    private static IEnumerable<string> NamesOf(Type type) => Enum.GetNames(type).Select(Snake.Of);
}
