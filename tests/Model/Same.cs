using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Budgets.Tests.Model;

/// <summary>Holds an answer against the reference's.</summary>
internal static class Same
{
    private static readonly JsonSerializerOptions Readable = new()
    {
        Converters = { new Nanos(), new JsonStringEnumConverter() },
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingDefault,
    };

    /// <summary>The reference does not number events: the caller checks the seq.</summary>
    public static void Outcome(SpendOutcome expected, SpendOutcome actual) => That(
        expected.Outcome == actual.Outcome
            && expected.Replayed == actual.Replayed
            && Refusal(expected.Refusal, actual.Refusal)
            && Receipt(expected.Receipt, actual.Receipt),
        expected,
        actual);

    public static void Foresight(Foresight expected, Foresight actual) => That(
        expected.Outcome == actual.Outcome
            && Refusal(expected.Refusal, actual.Refusal)
            && expected.LargestThatFits == actual.LargestThatFits
            && List(expected.Warnings, actual.Warnings),
        expected,
        actual);

    public static void View(BudgetView? expected, BudgetView? actual) => That(
        expected is null || actual is null
            ? expected is null && actual is null
            : expected.Agent == actual.Agent
                && expected.Closed == actual.Closed
                && expected.Freeze == actual.Freeze
                && expected.TimeZone == actual.TimeZone
                && expected.WeekStart == actual.WeekStart
                && expected.Above == actual.Above
                && expected.Own == actual.Own
                && List(expected.Alerts.Thresholds, actual.Alerts.Thresholds)
                && List(expected.Windows, actual.Windows)
                && List(expected.Balances, actual.Balances)
                && expected.OpenHolds == actual.OpenHolds
                && expected.Wallet == actual.Wallet,
        expected,
        actual);

    /// <summary>Everything, the seq too: a replay is the first answer.</summary>
    public static bool Replay(Receipt first, Receipt again) => first.Seq == again.Seq && Receipt(first, again);

    public static void That<T>(bool same, T expected, T actual, [CallerArgumentExpression(nameof(actual))] string what = "")
    {
        if (!same)
        {
            throw new Divergence($"{what}\n    expected {JsonSerializer.Serialize(expected, Readable)}\n    actual   {JsonSerializer.Serialize(actual, Readable)}");
        }
    }

    public static void That(bool holds, string law)
    {
        if (!holds)
        {
            throw new Divergence(law);
        }
    }

    /// <param name="law">Put together only when it does not hold: there are very many.</param>
    public static void That(bool holds, [InterpolatedStringHandlerArgument(nameof(holds))] Law law)
    {
        if (!holds)
        {
            throw new Divergence(law.Text);
        }
    }

    private sealed class Nanos : JsonConverter<Money>
    {
        public override Money Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => new(reader.GetInt64());

        public override void Write(Utf8JsonWriter writer, Money value, JsonSerializerOptions options) => writer.WriteRawValue(value.ToString());
    }

    private static bool Refusal(Refusal? a, Refusal? b) => a == b;

    private static bool Receipt(Receipt? a, Receipt? b) => a is null || b is null
        ? a is null && b is null
        : a.Kind == b.Kind && a.At == b.At && a.Id == b.Id && a.Amount == b.Amount && a.Released == b.Released && a.Overage == b.Overage && a.Late == b.Late
            && a.ExpiresAt == b.ExpiresAt && a.Key == b.Key && a.PriceVersion == b.PriceVersion && a.BalanceAfter == b.BalanceAfter && List(a.Balances, b.Balances) && List(a.Warnings, b.Warnings);

    private static bool List<T>(ImmutableArray<T> a, ImmutableArray<T> b) => a.AsSpan().SequenceEqual(b.AsSpan());
}

internal sealed class Divergence(string message, Exception? inner = null) : Exception(message, inner);
