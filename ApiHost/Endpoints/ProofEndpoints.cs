using Budgets.ApiHost.Auth;
using Budgets.ApiHost.Http;
using Budgets.ApiHost.OpenApi;

namespace Budgets.ApiHost.Endpoints;

/// <param name="Seq">Its place in the ledger.</param>
/// <param name="At">When it was written, as far as that can be read.</param>
/// <param name="What">What is wrong with it.</param>
internal sealed record LedgerFaultAnswer(long Seq, DateTimeOffset? At, string What);

/// <param name="Verified">Every entry follows from those before it, and the budget goes by what they add up to.</param>
/// <param name="Entries">How many entries were proved, bookkeeping that is no line of the ledger included.</param>
/// <param name="FirstFault">The first entry that fails; null: none.</param>
/// <param name="HeadHash">SHA-256 over all that was proved, in hex. Whoever keeps it can tell later whether this part of the ledger is still the same.</param>
internal sealed record ProofAnswer(string AgentId, bool Verified, long Entries, LedgerFaultAnswer? FirstFault, string HeadHash);

/// <summary>Whether a ledger is what was written, and adds up.</summary>
internal static class ProofEndpoints
{
    /// <summary>Proofs at once of one host; the rest waits. Each keeps a processor busy.</summary>
    private const int MostAtOnce = 2;

    private static readonly SemaphoreSlim Turn = new(MostAtOnce);

    public static void Map(Routes routes) => routes.MapOwnAndAddressed("GET", "ledger/verify", Access.Read, Get, new("verifyLedger", "Ledger", "Prove the ledger from its first entry")
    {
        Text = "Replays every entry: hash chain, places without gaps, time, balances, windows, holds. Takes some seconds for each million of them; other calls of the budget do not wait.",
        Answers = [new(200, typeof(ProofAnswer), "The proof, or the first entry that fails.")],
    });

    private static async Task Get(Call call)
    {
        if (new Query(call.Http).Problem is { } problem)
        {
            await problem.Send(call.Http);
            return;
        }

        var step = await Prove(call);
        if (step is { Entries: 0, Fault: null })
        {
            await Problem.NotFound.Send(call.Http);
            return;
        }

        await Reply.Send(call.Http, 200, Wire.Default.ProofAnswer, new(
            call.Agent.Value,
            step.Fault is null,
            step.Entries,
            step.Fault is { } fault ? new LedgerFaultAnswer(fault.Seq, fault.At, fault.What) : null,
            Convert.ToHexStringLower(step.HeadHash.AsSpan())));
    }

    private static async Task<ProofStep> Prove(Call call)
    {
        var abandoned = call.Http.RequestAborted;
        await Turn.WaitAsync(abandoned);
        try
        {
            var proof = call.Edge.Grains.GetGrain<IProofGrain>(ProofKey.Of(call.Agent, EdgeIds.Key().Value));
            var step = await proof.Go();
            while (!step.IsDone)
            {
                abandoned.ThrowIfCancellationRequested();
                step = await proof.Go();
            }

            return step;
        }
        finally
        {
            Turn.Release();
        }
    }
}
