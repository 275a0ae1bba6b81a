namespace Budgets.Tests.Trees;

/// <summary>One history: a family is founded, people spend for a while, and at the end everything comes to rest.</summary>
internal static class Simulation
{
    /// <summary>Several times what the busiest history takes.</summary>
    private const int MostSteps = 500_000;

    /// <summary>And of a rush: those who take from each other in turns would go on for ever.</summary>
    private const int MostStepsOfRush = 100_000;

    public static (Families Families, SimLoop Loop) Of(ulong seed, SimFaults faults, bool overruns)
    {
        const int acts = 400;
        var before = SynchronizationContext.Current;
        var loop = new SimLoop(seed);
        SynchronizationContext.SetSynchronizationContext(loop);
        try
        {
            var world = new World(loop, SimFaults.None);
            var families = new Families(loop, world, overruns);
            Until(loop, families, families.Found(2 + loop.Next(loop.Next(8) == 0 ? 70 : 28), 2 + loop.Next(4), 1 + loop.Next(50)), isQuiet: true);
            families.Look();
            world.Faults = faults;
            for (var i = 0; i < acts; i++)
            {
                families.Act();
                if (loop.Chance(faults.Crash * 5))
                {
                    world.Crash();
                }

                if (loop.Chance(faults.ClockStep * 5))
                {
                    world.StepClock(TimeSpan.FromMinutes(loop.Next(240) - 60));
                }

                Until(loop, families, loop.Delay(TimeSpan.FromMilliseconds(loop.Next(loop.Chance(20) ? 400_000 : 1_500))));
            }

            world.Faults = SimFaults.None;
            Until(loop, families, families.End());
            return (families, loop);
        }
        finally
        {
            SynchronizationContext.SetSynchronizationContext(before);
        }
    }

    /// <summary>A small family of three to five levels with little money: again and again everybody asks at once for the last of it.</summary>
    public static (Families Families, SimLoop Loop) Rush(ulong seed, SimFaults faults, bool isMixed = false)
    {
        var before = SynchronizationContext.Current;
        var loop = new SimLoop(seed);
        SynchronizationContext.SetSynchronizationContext(loop);
        try
        {
            var world = new World(loop, SimFaults.None);
            var families = new Families(loop, world, overruns: false);
            Until(loop, families, families.Found(4 + loop.Next(10), 3 + loop.Next(3), 1 + loop.Next(4), isRush: true, isMixed), isQuiet: true);
            families.Look();
            world.Faults = faults;
            for (var rounds = 0; rounds < 8; rounds++)
            {
                Until(loop, families, families.Rush(), MostStepsOfRush);
            }

            world.Faults = SimFaults.None;
            Until(loop, families, families.End());
            return (families, loop);
        }
        finally
        {
            SynchronizationContext.SetSynchronizationContext(before);
        }
    }

    private static void Until(SimLoop loop, Families families, Task task, int mostSteps = MostSteps, bool isQuiet = false)
    {
        while (!task.IsCompleted && loop.Step())
        {
            if (!isQuiet)
            {
                families.Look();
            }

            if (loop.Steps > mostSteps)
            {
                throw new InvalidOperationException($"After {mostSteps} steps somebody still asks again and again: {families.Unknown} times, {families.Overloaded} of them told overloaded.");
            }

            if (families.Broken is { } broken)
            {
                throw broken;
            }
        }

        if (!task.IsCompleted)
        {
            throw new InvalidOperationException("Everybody waits for somebody: a deadlock.");
        }

        task.GetAwaiter().GetResult();
    }
}
