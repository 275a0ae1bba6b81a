using System.Globalization;
using Budgets.Bench;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Diagnosers;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.Emit;

switch (args)
{
    case ["host", .. var rest]:
        await Host.Build(rest).RunAsync();
        return 0;
    case ["silo", .. var rest]:
        return await CountingSilo.Run(rest);
    case ["seed", var agents, var address, var directory]:
        await Seeding.Run(Number(agents), new Uri(address), directory);
        return 0;
    case ["direct", var connection, var journals, var writers, var warmUp, var seconds]:
        await DirectWrites.Run(connection, Number(journals), Number(writers), Number(warmUp), Number(seconds));
        return 0;
    case ["latency", var address, var path, var keys, var seconds]:
        await Latency.Run(new Uri(address), path, keys, TimeSpan.FromSeconds(Number(seconds)));
        return 0;
    case ["seed-trees", var address, var directory]:
        await Seeding.Trees(new Uri(address), directory);
        return 0;
    case ["seed-due", var agents, var at]:
        await SeedingDues.Run(Number(agents), DateTimeOffset.FromUnixTimeSeconds(Number(at)));
        return 0;
    case ["provider", .. var rest]:
        await ModelProvider.Run(rest);
        return 0;
    case ["gateway", var provider, var ours, var other, var keys, var rounds, var seconds]:
        await GatewayCalls.Run(new Uri(provider), new Uri(ours), other == "" ? null : new Uri(other), keys, Number(rounds), TimeSpan.FromSeconds(Number(seconds)));
        return 0;
    case ["streams", var address, var keys, var count, var host]:
        await OpenStreams.Run(new Uri(address), keys, Number(count), Number(host));
        return 0;
    case ["micro", .. var rest]:
        var config = DefaultConfig.Instance
            .AddJob(Job.ShortRun.WithToolchain(InProcessEmitToolchain.Instance))
            .AddDiagnoser(MemoryDiagnoser.Default);
        BenchmarkSwitcher.FromAssembly(typeof(Host).Assembly).Run(rest is [] ? ["--filter", "*"] : rest, config);
        return 0;
    default:
        Console.Error.WriteLine("""
            host [settings of the API host] | silo [settings of the silo] | seed AGENTS ADDRESS DIRECTORY
            | seed-trees ADDRESS DIRECTORY | seed-due AGENTS UNIX-TIME | direct CONNECTION JOURNALS WRITERS WARM-UP-SECONDS SECONDS
            | latency ADDRESS PATH KEYS SECONDS
            | provider [settings of the provider] | gateway PROVIDER OURS PORTKEY-OR-NOTHING KEYS ROUNDS SECONDS | streams ADDRESS KEYS COUNT PROCESS | micro [settings of BenchmarkDotNet]
            """);
        return 1;
}

static int Number(string text) => int.Parse(text, CultureInfo.InvariantCulture);
