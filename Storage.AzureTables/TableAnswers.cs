using System.Net.Sockets;
using System.Runtime.CompilerServices;
using Azure;
using Azure.Data.Tables;
using Azure.Data.Tables.Models;

namespace Budgets.Storage.AzureTables;

/// <summary>What the answers of a table mean. Nothing that goes wrong reads as "there is nothing", and nothing that may have landed as "nothing was written".</summary>
internal static class TableAnswers
{
    private const int BadRequest = 400;
    private const int NotFound = 404;
    private const int RequestTimeout = 408;
    private const int PreconditionFailed = 412;
    private const int ServerError = 500;

    /// <summary>An ETag as tables give it, of a time before there were any: no row ever has it.</summary>
    private static readonly ETag s_nobodys = new("W/\"datetime'1601-01-01T00%3A00%3A00.0000000Z'\"");

    /// <summary>Makes the table where it is missing.</summary>
    /// <exception cref="StoreUnavailableException">The account cannot be reached, or does not let us.</exception>
    public static Task CreateIfMissing(this TableClient table, CancellationToken cancellation) =>
        table.Ask(() => table.CreateIfNotExistsAsync(cancellation), cancellation);

    /// <summary>All rows that pass the filter, by partition and row key.</summary>
    /// <param name="perPage">About how many the caller will take; null: all.</param>
    /// <exception cref="StoreUnavailableException">They could not be read, or not all of them.</exception>
    public static async IAsyncEnumerable<TableEntity> Rows(
        this TableClient table, string filter, int? perPage, [EnumeratorCancellation] CancellationToken cancellation)
    {
        await using var pages = table.QueryAsync<TableEntity>(filter, perPage, cancellationToken: cancellation).AsPages().GetAsyncEnumerator(cancellation);
        while (await table.Ask(async () => await pages.MoveNextAsync(), cancellation))
        {
            foreach (var row in pages.Current.Values)
            {
                yield return row;
            }
        }
    }

    /// <summary>One row, or null. A query: to ask for the row by its address says "not found" of a missing table, too.</summary>
    /// <exception cref="StoreUnavailableException">It could not be read.</exception>
    public static async Task<TableEntity?> Find(this TableClient table, string partition, string row, CancellationToken cancellation) =>
        await table.Rows(TableClient.CreateQueryFilter($"PartitionKey eq {partition} and RowKey eq {row}"), 1, cancellation).FirstOrDefaultAsync(cancellation);

    /// <summary>A write that is durable when the task completes.</summary>
    /// <returns>Null: a row was not there, was there already, or had another ETag. If the client tried twice, its own first try may have been the reason.</returns>
    /// <exception cref="StoreUnavailableException">Nothing was written.</exception>
    /// <exception cref="OutcomeUnknownException">It may have been written, or may still be.</exception>
    public static async Task<Response?> Write(this TableClient table, Func<Task<Response>> write)
    {
        try
        {
            // The SDK takes it for a success when there is nothing to delete, and even when there is no table.
            var answer = await write();
            return answer.Status == NotFound ? throw new RequestFailedException(answer) : answer;
        }
        catch (RequestFailedException e) when (e.IsNo())
        {
            return null;
        }
        catch (Exception e) when (e is RequestFailedException { Status: >= BadRequest and < ServerError and not RequestTimeout } || WasNeverSent(e))
        {
            throw new StoreUnavailableException($"The table '{table.Name}' did not take a write: {Reason(e)}", e);
        }
        catch (Exception e) when (IsFault(e))
        {
            throw new OutcomeUnknownException($"Whether a write to the table '{table.Name}' landed is not known: {Reason(e)}", e);
        }
    }

    /// <summary>The ETag to ask for. A text that is none, "*" above all, stands for one that no row has: the table would refuse it, or take any row.</summary>
    public static ETag Expected(string etag) =>
        etag.StartsWith("W/\"", StringComparison.Ordinal) && etag.EndsWith('"') && !etag.Any(c => char.IsControl(c) || !char.IsAscii(c)) ? new ETag(etag) : s_nobodys;

    /// <summary>A row is there that must not be, is not there that must, or has changed. A table that is missing or about to go answers with the same numbers, but says nothing about rows.</summary>
    public static bool IsNo(this RequestFailedException e) =>
        e.Status == PreconditionFailed || e.ErrorCode == TableErrorCode.EntityAlreadyExists || (e.Status == NotFound && e.ErrorCode != TableErrorCode.TableNotFound);

    private static async Task<T> Ask<T>(this TableClient table, Func<Task<T>> ask, CancellationToken cancellation)
    {
        try
        {
            return await ask();
        }
        catch (Exception e) when (IsFault(e) && !(e is OperationCanceledException && cancellation.IsCancellationRequested))
        {
            throw new StoreUnavailableException($"The table '{table.Name}' does not answer: {Reason(e)}", e);
        }
    }

    // The SDK wraps several failed tries in an AggregateException, and a timeout of its own in a cancellation.
    private static bool IsFault(Exception e) => e is RequestFailedException or AggregateException or IOException or OperationCanceledException;

    private static bool WasNeverSent(Exception e) => e switch
    {
        AggregateException several => several.InnerExceptions.All(WasNeverSent),
        SocketException socket => socket.SocketErrorCode is SocketError.ConnectionRefused or SocketError.HostNotFound or SocketError.TryAgain,
        _ => e.InnerException is { } inner && WasNeverSent(inner),
    };

    // The SDK's messages span many lines and repeat headers.
    private static string Reason(Exception e) => e switch
    {
        RequestFailedException r => $"{r.Status} {r.ErrorCode ?? r.Message.Split('\n')[0]}",
        AggregateException { InnerException: { } first } => Reason(first),
        _ => e.Message,
    };
}
