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
    case ["seed", var agents, var address, var directory]:
        await Seeding.Run(int.Parse(agents, System.Globalization.CultureInfo.InvariantCulture), new Uri(address), directory);
        return 0;
    case ["seed-trees", var address, var directory]:
        await Seeding.Trees(new Uri(address), directory);
        return 0;
    case ["micro", .. var rest]:
        var config = DefaultConfig.Instance
            .AddJob(Job.ShortRun.WithToolchain(InProcessEmitToolchain.Instance))
            .AddDiagnoser(MemoryDiagnoser.Default);
        BenchmarkSwitcher.FromAssembly(typeof(Host).Assembly).Run(rest is [] ? ["--filter", "*"] : rest, config);
        return 0;
    default:
        Console.Error.WriteLine("host [settings of the API host] | seed AGENTS ADDRESS DIRECTORY | seed-trees ADDRESS DIRECTORY | micro [settings of BenchmarkDotNet]");
        return 1;
}
