namespace Budgets.Trees;

/// <summary>Every budget with relatives, and every tree, has something to say now and then.</summary>
internal static class Beats
{
    /// <summary>What is spent below is known one level up after so long at most.</summary>
    public static readonly TimeSpan Every = TimeSpan.FromSeconds(5);

    /// <summary>Each at a moment of its own: a thousand agents that begin together must not beat together.</summary>
    public static IGrainTimer Start(Grain grain, Func<ValueTask> beat) => grain.RegisterGrainTimer(
        _ => beat().AsTask(),
        new GrainTimerCreationOptions(TimeSpan.FromTicks((grain.GetGrainId().GetUniformHashCode() % Every.Ticks) + 1), Every) { Interleave = true });
}
