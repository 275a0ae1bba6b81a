using System.Text;
using System.Text.Json;
using Budgets.ApiHost.Http;

namespace Budgets.ApiHost.Gateway;

/// <summary>What the text of a call to a model says about its cost. The text itself is passed on as it came.</summary>
internal sealed class Asking
{
    /// <summary>Roles, separators, and what a provider puts before tools and formats: more than any of them was seen to add to a text.</summary>
    private const long Overhead = 256;

    /// <summary>The same for each kind of tool that the provider describes to the model itself.</summary>
    private const long ToolOverhead = 1_024;

    /// <summary>The model that the operator's tiers are meant by.</summary>
    public const string Auto = "auto";

    private static readonly JsonSerializerOptions s_plain = new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private Asking(ModelRoute route, JsonText text) => (Route, Text) = (route, text);

    public ModelRoute Route { get; }

    public JsonText Text { get; }

    public string Model { get; private set; } = "";

    /// <summary>Under which name of the price catalogue it is paid for: some pictures cost by their size, and are models of their own there.</summary>
    public string PricedAs { get; private set; } = "";

    /// <summary>Why this model and no other, in a few words that are ours; null: it was named.</summary>
    public string? Reason { get; private set; }

    /// <summary>Counts the models that one call is tried with, from 0.</summary>
    public int Attempt { get; private set; }

    public bool IsAuto => Reason is null && Model == Auto;

    public bool Streams { get; private set; }

    /// <summary>The caller wants to see the usage of its stream.</summary>
    public bool WantsUsage { get; private set; }

    /// <summary>Null: it does not say.</summary>
    public long? OutputTokens { get; private set; }

    public long Choices { get; private set; } = 1;

    public bool NamesThinking { get; private set; }

    public bool ThinkingIsOff { get; private set; }

    /// <summary>What it is for, which is not in its text.</summary>
    public CallPurpose Said { get; set; } = CallPurpose.Unsaid;

    /// <summary>For the ledger.</summary>
    public Purpose Purpose => new(PricedAs, Said.Operation ?? Route.Operation, Reasons.TagsOf(this, Said.Tags));

    /// <returns>A problem when it cannot be forwarded as it is.</returns>
    public static (Asking? Asking, Problem? Problem) Read(ModelRoute route, byte[] body)
    {
        var (text, fault) = JsonText.Read(body);
        if (text is null)
        {
            return (null, Problem.Invalid("", fault!));
        }

        var asking = new Asking(route, text);
        var faults = new Faults();
        asking.ReadMembers(faults);
        return faults.Any ? (null, Problem.Invalid(faults))
            : Features.Unpriced(route, text) is { } problem ? (null, problem)
            : (asking, null);
    }

    /// <summary>The same call of another model.</summary>
    public Asking As(string model, string? reason, int attempt)
    {
        var other = (Asking)MemberwiseClone();
        (other.Model, other.PricedAs, other.Reason, other.Attempt) = (model, model == Model ? PricedAs : model, reason, attempt);
        return other;
    }

    public CallOutline Outline(DateTimeOffset from, DateTimeOffset until) => new(
        PricedAs,
        Text.Bytes.Length - Text.PictureBytes + Overhead + ((Text.Tools.Count > 0 ? 1 + Text.Tools.Count(t => t is not (null or "function" or "custom")) : 0) * ToolOverhead),
        Text.Pictures * Route.Dialect.MostPictureTokens(Model),
        Text.IsOpenEnded || Text.Element("previous_response_id") is not null || Text.Element("conversation") is not null,
        Route.Kind != CallKind.Embeddings,
        Route.Kind switch
        {
            CallKind.Embeddings => 0,
            CallKind.Images => Pictures.MostTokens(Model),
            _ => LongestOutput,
        },
        Choices,
        Route.Kind == CallKind.Images ? Choices : 0,
        from,
        until);

    /// <summary>The text to forward: as it came, but for what must be said or must not.</summary>
    /// <param name="outputTokens">Null: the call bounds its output well enough.</param>
    public byte[] Forwarded(long? outputTokens)
    {
        var changes = new Dictionary<string, byte[]?>();
        foreach (var name in Features.NotPassed)
        {
            if (Text.Has(name))
            {
                changes[name] = null;
            }
        }

        if (Reason is not null)
        {
            changes["model"] = JsonSerializer.SerializeToUtf8Bytes(Model, s_plain);
        }

        if (outputTokens is { } most)
        {
            changes[Route.OutputMembers[0]] = Encoding.UTF8.GetBytes(most.ToString(System.Globalization.CultureInfo.InvariantCulture));
        }

        if (Streams && Route.Kind == CallKind.Chat && !WantsUsage)
        {
            changes["stream_options"] = Text.ObjectWith("stream_options", "include_usage", "true");
        }

        return Text.With(changes);
    }

    // What was predicted and turned out wrong is paid for as output, and is not bounded as output.
    private long? LongestOutput => Text.Has("prediction") && OutputTokens is { } told ? told + Text.Bytes.Length : OutputTokens;

    private void ReadMembers(Faults faults)
    {
        var root = Text;
        Model = root.String("model") ?? "";
        faults.AddIf(Model.Length == 0, "model", "is required");
        faults.Text("model", Model, global::Budgets.Purpose.MaxModelLength);
        Streams = Flag(faults, "stream");
        foreach (var name in Route.OutputMembers)
        {
            if (Whole(faults, name, 0, TokenUsage.Most) is { } told)
            {
                OutputTokens = Math.Max(OutputTokens ?? 0, told);
            }
        }

        if (Route.Kind == CallKind.Chat)
        {
            Choices = Whole(faults, "n", 1, 128) ?? 1;
            WantsUsage = root.Element("stream_options")?.Member("include_usage") is { ValueKind: JsonValueKind.True };
            faults.AddIf(root.Element("stream_options") is { ValueKind: not JsonValueKind.Object }, "stream_options", "must be an object");
        }

        PricedAs = Model;
        if (Route.Kind == CallKind.Images)
        {
            Choices = Whole(faults, "n", 1, 10) ?? 1;
            PricedAs = Pictures.PricedAs(Model, root.String("quality"), root.String("size"));
        }

        faults.AddIf(Route == ModelRoute.Messages && OutputTokens is null, "max_tokens", "is required");
        ThinkingIsOff = root.Element("thinking")?.Text("type") == "disabled"
            || (root.String("reasoning_effort") ?? root.Element("reasoning")?.Text("effort")) == "none";
        NamesThinking = root.Has("thinking");
    }

    private bool Flag(Faults faults, string name)
    {
        var told = Text.Element(name);
        faults.AddIf(told is { ValueKind: not (JsonValueKind.True or JsonValueKind.False) }, name, "must be true or false");
        return told is { ValueKind: JsonValueKind.True };
    }

    private long? Whole(Faults faults, string name, long least, long most)
    {
        if (Text.Element(name) is not { } told)
        {
            return null;
        }

        var number = 0L;
        var isWhole = told.ValueKind == JsonValueKind.Number && told.TryGetInt64(out number) && number >= least && number <= most;
        faults.AddIf(!isWhole, name, $"must be a whole number from {least} to {most}");
        return isWhole ? number : null;
    }
}
