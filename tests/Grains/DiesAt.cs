using Budgets.Journal;

namespace Budgets.Tests.Grains;

public enum Death
{
    BeforeTheWrite,
    AfterTheWrite,
    Conflict,
}

/// <summary>One append of one journal fails.</summary>
internal sealed class DiesAt(IJournalStore store, Death death) : Decorated(store)
{
    private string _name = "";
    private int _left;

    public void Arm(string name, int at) => (_name, _left) = (name, at);

    /// <returns>It never came to that.</returns>
    public bool Disarm() => Interlocked.Exchange(ref _left, 0) > 0;

    protected override async ValueTask<bool> Append(string name, IJournal journal, Append append)
    {
        if (name != _name || Interlocked.Decrement(ref _left) != 0)
        {
            return await journal.Append(append);
        }

        switch (death)
        {
            case Death.BeforeTheWrite:
                throw new StoreUnavailableException("Before the write.");
            case Death.AfterTheWrite:
                await journal.Append(append);
                throw new IOException("After the write.");
            default:
                return false;
        }
    }
}
