using System.Text.Json;
using Budgets.ApiHost.Http;

namespace Budgets.ApiHost.Gateway.Batches;

/// <summary>How far a batch has come.</summary>
internal sealed class Tally(BatchHold hold, int total)
{
    public static readonly JsonEncodedText CostWord = JsonEncodedText.Encode("cost");

    private int _completed;
    private int _failed;
    private int _duplicates;
    private Money _cost;

    public void Add(Result result)
    {
        _ = result.IsCompleted ? _completed += result.Item.Places.Length : _failed += result.Item.Places.Length;
        _duplicates += result.Item.Places.Length - 1;
        _cost += result.Cost ?? Money.Zero;
    }

    /// <summary>The members of both the progress and the summary, into an object that is open.</summary>
    public void Write(Utf8JsonWriter json)
    {
        json.WriteNumber("total"u8, total);
        json.WriteNumber("completed"u8, _completed);
        json.WriteNumber("failed"u8, _failed);
        json.WriteMoney(CostWord, _cost);
    }

    public void WriteSummary(Utf8JsonWriter json)
    {
        Write(json);
        json.WriteNumber("duplicates"u8, _duplicates);
        json.WriteMoney(Words.Held, hold.Amount);
    }
}
