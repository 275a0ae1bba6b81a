using System.Diagnostics;
using System.Runtime.CompilerServices;
using Budgets.Delivery;
using Budgets.Couriers;
using Budgets.Couriers.Webhooks;
using Budgets.Tests.Crash;
using Microsoft.Extensions.Time.Testing;
using Xunit.Abstractions;

namespace Budgets.Tests.Couriers;

using Receipt = global::Budgets.Delivery.Receipt;

/// <summary>What two hundred hosts that hang cost, while they hang and afterwards.</summary>
[Collection(nameof(AloneOnTheMachine))]
public sealed class SwarmTests(ITestOutputHelper output)
{
    private const int Hosts = 200;
    private const int MostThreads = 16;
    private const long MostBytes = 2 << 20;

    // Together more than what may be left over.
    private static readonly string s_body = $"\"{new string('x', 20_000)}\"";

    [Fact]
    public async Task Two_hundred_that_hang_take_no_threads_delay_nobody_and_leave_nothing_behind()
    {
        var clock = new FakeTimeProvider();
        using var courier = Calling.Courier(clock: clock);
        await Hang(courier, clock, 3);
        var before = Heap();

        var (threads, letters) = await Hang(courier, clock, Hosts);

        var left = Heap() - before;
        output.WriteLine($"{threads} more threads while {Hosts} hang, {left / 1024} KB more on the heap afterwards");
        threads.Should().BeLessThan(MostThreads);
        left.Should().BeLessThan(MostBytes);
        letters.Should().OnlyContain(l => !l.IsAlive, "nothing holds a letter that was given up");
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static async Task<(int Threads, List<WeakReference> Letters)> Hang(Courier courier, FakeTimeProvider clock, int hosts)
    {
        await using var hanging = new Receiver(visit => visit.HungUp);
        await using var fine = Receiver.Answering(Calling.Ok);
        var before = Threads();
        var letters = new List<WeakReference>();
        var posts = Enumerable.Range(0, hosts).Select(i => Post(courier, hanging.Url($"h{i}.example.org"), letters)).ToList();
        var visits = new List<Visit>();
        while (visits.Count < hosts)
        {
            visits.Add(await hanging.Next());
        }

        var threads = Threads() - before;
        (await courier.Post(fine.Url()).WaitAsync(TimeSpan.FromSeconds(5))).Carried.Should().Be(Carried.Delivered);
        posts.Should().OnlyContain(p => !p.IsCompleted);
        clock.Advance(WebhookPost.Patience);
        (await Task.WhenAll(posts)).Should().OnlyContain(r => r.Carried == Carried.Failed);
        await Task.WhenAll(visits.Select(v => v.HungUp));
        return (threads, letters);
    }

    private static Task<Receipt> Post(Courier courier, string url, List<WeakReference> letters)
    {
        var letter = Calling.Letter(url, s_body);
        letters.Add(new WeakReference(letter));
        return courier.Post(letter, CancellationToken.None);
    }

    private static int Threads()
    {
        using var self = Process.GetCurrentProcess();
        return self.Threads.Count;
    }

    private static long Heap()
    {
        for (var i = 0; i < 3; i++)
        {
            GC.Collect(GC.MaxGeneration, GCCollectionMode.Forced, blocking: true, compacting: true);
            GC.WaitForPendingFinalizers();
        }

        return GC.GetTotalMemory(forceFullCollection: true);
    }
}
