using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Serialization;
using Budgets.Journal;
using Budgets.Ledger;

namespace Budgets.Routing;

/// <summary>How what was learnt of models is stored. A rating can be found by its call.</summary>
public sealed class RoutingCodec : JsonCodec<RoutingState, RoutingEvent>
{
    public static readonly RoutingCodec Instance = new();

    private RoutingCodec()
        : base([Shape.Of("call_rated.v1", RoutingJson.Default.CallRated)])
    {
    }

    public override RoutingState Fold(RoutingState state, RoutingEvent e) => RoutingFold.Apply(state, e);

    public override long SeqOf(RoutingState state) => state.Seq;

    public override void File(RoutingEvent e, long seq, ImmutableArray<Filing>.Builder filings)
    {
        if (e is CallRated rated)
        {
            filings.Add(new Filing(Digest.Of(rated.Call), seq));
        }
    }

    private protected override void Write(Utf8JsonWriter writer, RoutingState state) => JsonSerializer.Serialize(writer, state, RoutingJson.Default.RoutingState);

    private protected override RoutingState? Read(ReadOnlySpan<byte> state) => JsonSerializer.Deserialize(state, RoutingJson.Default.RoutingState);
}

/// <summary>The members of what was learnt: snake_case. A promise; tests/Approved pins it.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    IgnoreReadOnlyProperties = true,
    Converters = [typeof(AgentIdJson), typeof(HoldIdJson), typeof(NamedEnum<Complexity>)])]
[JsonSerializable(typeof(CallRated))]
[JsonSerializable(typeof(RoutingState))]
internal sealed partial class RoutingJson : JsonSerializerContext;
