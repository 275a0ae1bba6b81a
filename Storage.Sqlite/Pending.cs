namespace Budgets.Storage.Sqlite;

/// <summary>Something that waits for the writer. It completes once what it wrote is on disk.</summary>
internal abstract class Pending() : TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously)
{
    /// <summary>On the writer's thread, inside its transaction. Until that is committed nothing may be told.</summary>
    public abstract void Write();

    public abstract void Committed();

    /// <summary>One thing that one caller did, as far as can be seen from here.</summary>
    public virtual bool IsLone => false;
}
