using Microsoft.Extensions.DependencyInjection;
using Orleans.Concurrency;

namespace Budgets.Approvals;

/// <summary>Looks at the signature of a mail's link before any grain of the request that it names is touched: whoever makes tokens up must not fill the memory with requests that there are not.</summary>
[StatelessWorker]
[Reentrant]
[GrainType("link")]
internal sealed class LinkGrain([FromKeyedServices("Budgets")] TimeProvider clock) : Grain, ILinkGrain
{
    private byte[]? _key;

    public async Task<TokenView?> Show(string token)
    {
        if (await Read(token) is not var (id, mailbox)
            || await GrainFactory.GetGrain<IApprovalGrain>(id.Value).Get() is not { } view
            || await GrainFactory.GetGrain<IBudgetGrain>(id.Agent.Value).GetBudget() is not { } budget)
        {
            return null;
        }

        return new TokenView(view, mailbox, budget.Windows.Where(w => w.Type != LimitType.PerMinute).MaxBy(w => w.PercentUsed));
    }

    public async Task<ApprovalOutcome?> Redeem(string token, Ruling ruling, string? note) => await Read(token) is var (id, mailbox)
        ? await GrainFactory.GetGrain<IApprovalGrain>(id.Value).Rule(new RulingRequest(id, ruling, $"mail:{mailbox}", "mail", note))
        : null;

    private async Task<(ApprovalId Id, string Mailbox)?> Read(string token)
    {
        if (ApprovalToken.About(token) is not { } id)
        {
            return null;
        }

        // It is made once, and never another.
        _key ??= await GrainFactory.GetGrain<ISealGrain>(0).Key();
        return ApprovalToken.Read(_key, token, id, clock.GetUtcNow()) is { } mailbox ? (id, mailbox) : null;
    }
}
