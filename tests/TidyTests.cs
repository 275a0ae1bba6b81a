using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using Budgets.Ledger;

namespace Budgets.Tests;

/// <summary>The rules of design.md ("Depends on", "Never") and of the house style, held on the sources and the assemblies.</summary>
public sealed partial class TidyTests
{
    private const int MaxLines = 300;
    private const int MaxGrainLines = 150;

    private static readonly string Root = FindRoot();

    // Each with what it may refer to. Transitively, too: see the assemblies.
    private static readonly Dictionary<string, string[]> MayReferTo = new()
    {
        ["Grains.Interfaces"] = [],
        ["Grains"] = ["Grains.Interfaces"],
        ["Storage.Sqlite"] = ["Grains"],
        ["Storage.AzureTables"] = ["Grains"],
        ["Couriers"] = ["Grains"],
        ["Payments"] = ["Grains"],
        ["Silo"] = ["Couriers", "Grains", "Payments", "Storage.Sqlite", "Storage.AzureTables"],
        ["Client"] = ["Grains.Interfaces"],
        ["Client.AI"] = ["Client"],
        ["ApiHost"] = ["Grains.Interfaces", "Silo"],
    };

    // What the ledger may open. Everything that waits, asks the time or touches the world stays out.
    private static readonly string[] LedgerMayUse =
    [
        "System.Buffers", "System.Buffers.Binary", "System.Collections.Immutable", "System.Globalization", "System.IO.Hashing", "System.Numerics",
        "System.Runtime.InteropServices", "System.Security.Cryptography", "System.Text", "NodaTime", "NodaTime.TimeZones", "Budgets.Forecasting",
    ];

    [Fact]
    public void The_rules_look_at_real_files()
    {
        Sources(MayReferTo.Keys).Should().HaveCountGreaterThan(40);
        Sources(["tests"]).Should().Contain(f => f.Name == "tests/TidyTests.cs");
        CodeOf("a(); // b\n/* c */ d(\"// e\", '\"', @\"f\"\"//\", \"\"\"g \"// \"\"\"); // h").Should().Be("a(); \n  d(\"// e\", '\"', @\"f\"\"//\", \"\"\"g \"// \"\"\"); ");
    }

    [Fact]
    public void The_ledger_opens_nothing_but_values_texts_and_calendars() =>
        Sources(["Grains/Ledger"]).SelectMany(f => Using().Matches(f.Code).Select(m => (f.Name, Opens: m.Groups[1].Value)))
            .Where(u => !LedgerMayUse.Contains(u.Opens)).Should().BeEmpty();

    /// <summary>Also what needs no using: the clock, chance, tasks, files, logs, grains.</summary>
    [Fact]
    public void The_ledger_never_waits_asks_the_time_rolls_dice_or_touches_the_world() => Found(["Grains/Ledger"], Impure()).Should().BeEmpty();

    /// <summary>Beside the grains that carry them, prices are as pure as the ledger.</summary>
    [Fact]
    public void A_price_is_worked_out_without_waiting_or_touching_the_world() =>
        Found(["Grains/Pricing"], Impure()).Where(f => !PricingShell().IsMatch(f)).Should().BeEmpty();

    [Fact]
    public void A_forecast_is_worked_out_without_waiting_or_touching_the_world() => Found(["Grains/Forecasting"], Impure()).Should().BeEmpty();

    [Fact]
    public void Advice_is_worked_out_without_waiting_or_touching_the_world() => Found(["Grains/Advising"], Impure()).Should().BeEmpty();

    /// <summary>Beside the grain that carries it, and how it is stored. Chance comes as a seed, with the question.</summary>
    [Fact]
    public void A_model_is_chosen_without_waiting_rolling_dice_or_touching_the_world() =>
        Found(["Grains/Routing"], Impure()).Where(f => !RoutingShell().IsMatch(f)).Should().BeEmpty();

    /// <summary>The same, of what was compiled: no signature, field or local function of the ledger knows a task, a stream, a clock, a log or a grain.</summary>
    [Fact]
    public void No_compiled_member_of_the_ledger_knows_Orleans_or_a_task()
    {
        const BindingFlags all = BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Static | BindingFlags.Instance | BindingFlags.DeclaredOnly;
        var types = typeof(BudgetState).Assembly.GetTypes().Where(t => t.Namespace == "Budgets.Ledger").ToList();

        types.Should().HaveCountGreaterThan(30);
        var known = from type in types
                    from member in type.GetMembers(all)
                    from used in member switch
                    {
                        FieldInfo f => [f.FieldType],
                        MethodInfo m => [m.ReturnType, .. m.GetParameters().Select(p => p.ParameterType), .. m.GetMethodBody()?.LocalVariables.Select(l => l.LocalType) ?? []],
                        ConstructorInfo c => c.GetParameters().Select(p => p.ParameterType),
                        _ => Type.EmptyTypes,
                    }
                    let name = used.FullName ?? used.Name
                    where name.StartsWith("Orleans.", StringComparison.Ordinal) || name.StartsWith("System.Threading.", StringComparison.Ordinal)
                        || name.StartsWith("Microsoft.", StringComparison.Ordinal) || name is "System.IO.Stream" or "System.TimeProvider" or "System.Random"
                    select $"{type.Name}.{member.Name}: {name}";
        known.Should().BeEmpty();
    }

    [Fact]
    public void Projects_refer_to_each_other_only_as_the_house_is_drawn()
    {
        foreach (var (project, allowed) in MayReferTo.Where(p => Directory.Exists(Path.Combine(Root, p.Key))))
        {
            var file = Path.Combine(Root, project, $"{project}.csproj");
            var references = XDocument.Load(file).Descendants("ProjectReference").Select(r => Path.GetFileNameWithoutExtension(r.Attribute("Include")!.Value.Replace('\\', '/')));

            references.Should().BeSubsetOf([.. allowed, "Grains.Interfaces"], project);
        }
    }

    /// <summary>References flow through projects; the compiler writes down what is really used.</summary>
    [Theory]
    [InlineData("Budgets.Grains.Interfaces", "")]
    [InlineData("Budgets.Grains", "Budgets.Grains.Interfaces")]
    [InlineData("Budgets.Storage.Sqlite", "Budgets.Grains Budgets.Grains.Interfaces")]
    [InlineData("Budgets.Couriers", "Budgets.Grains Budgets.Grains.Interfaces")]
    [InlineData("Budgets.Payments", "Budgets.Grains Budgets.Grains.Interfaces")]
    [InlineData("Budgets.Client", "Budgets.Grains.Interfaces")]
    [InlineData("Budgets.Client.AI", "Budgets.Client Budgets.Grains.Interfaces")]
    [InlineData("Budgets.ApiHost", "Budgets.Grains.Interfaces Budgets.Silo")]
    public void Assemblies_use_each_other_only_as_the_house_is_drawn(string assembly, string allowed) =>
        Assembly.Load(assembly).GetReferencedAssemblies().Select(a => a.Name!).Where(n => n.StartsWith("Budgets.", StringComparison.Ordinal))
            .Should().BeSubsetOf(allowed.Split(' '));

    [Fact]
    public void Of_the_API_host_only_Embedded_sees_a_silo_and_nobody_sees_behind_the_interfaces() =>
        Found(["ApiHost"], BehindTheInterfaces()).Where(f => !f.StartsWith("ApiHost/Embedded.cs", StringComparison.Ordinal)).Should().BeEmpty();

    /// <summary>One that did not would hang for as long as the silo does that a client happens to have chosen for it.</summary>
    [Fact]
    public void Requests_to_any_grain_take_any_gateway() =>
        typeof(IBudgetGrain).Assembly.GetTypes().Where(t => t.IsInterface && t.IsAssignableTo(typeof(Orleans.IGrain))).SelectMany(t => t.GetMethods())
            .Where(m => m.GetCustomAttribute<AnyGatewayAttribute>() is null).Select(m => $"{m.DeclaringType!.Name}.{m.Name}").Should().BeEmpty();

    /// <summary>What the clients of providers throw tells a status.</summary>
    [Fact]
    public void HTTP_is_an_accent_that_only_the_API_host_and_those_who_leave_the_house_have() =>
        Found(MayReferTo.Keys.Except(["ApiHost", "Couriers", "Payments"]), Http()).Where(f => !f.StartsWith("Client.AI/Failure.cs", StringComparison.Ordinal)).Should().BeEmpty();

    /// <summary>Whoever else called would call past what is checked there. A host asks itself how it is; calls to models go where the operator's settings say.</summary>
    [Fact]
    public void Nothing_leaves_the_house_but_by_a_courier_the_gateway_or_to_be_paid() =>
        Found(MayReferTo.Keys.Except(["Couriers", "Payments"]), CallsOut())
            .Where(f => !f.StartsWith("ApiHost/HealthQuestion.cs", StringComparison.Ordinal) && !f.StartsWith("ApiHost/Gateway/Upstream.cs", StringComparison.Ordinal)).Should().BeEmpty();

    /// <summary>One file knows the wire, and what is read from it is one of Stripe's own types.</summary>
    [Fact]
    public void Only_payments_know_Stripe() => Found(MayReferTo.Keys.Except(["Payments"]), UsesStripe()).Should().BeEmpty();

    /// <summary>Beside the grains and whoever walks for them, what follows from an answer is as pure as the ledger.</summary>
    [Fact]
    public void What_follows_from_a_providers_answer_is_decided_without_waiting_or_touching_the_world() =>
        Found(["Grains/Recharge"], Impure()).Where(f => !RechargeShell().IsMatch(f)).Should().BeEmpty();

    [Fact]
    public void No_file_is_longer_than_300_lines_and_no_grains_than_150()
    {
        var files = Sources(MayReferTo.Keys);

        files.Where(f => f.Lines > MaxLines).Select(f => $"{f.Name}: {f.Lines}").Should().BeEmpty();
        files.Where(f => f.Lines > MaxGrainLines && GrainFile().IsMatch(f.Name)).Select(f => $"{f.Name}: {f.Lines}").Should().BeEmpty();
    }

    [Fact]
    public void Types_and_files_are_named_for_a_thing_in_the_business()
    {
        var all = Sources([.. MayReferTo.Keys, "tests", "bench"]);

        all.Select(f => f.Name).Where(n => VagueName().IsMatch(Path.GetFileNameWithoutExtension(n))).Should().BeEmpty();
        all.SelectMany(f => Declaration().Matches(f.Code).Select(m => (f.Name, Type: m.Groups[1].Value))).Where(t => VagueName().IsMatch(t.Type)).Should().BeEmpty();
    }

    [Fact]
    public void Tests_do_not_sleep_and_are_not_skipped() =>
        Found(["tests"], SleepOrSkip()).Where(f => !f.StartsWith("tests/TidyTests.cs", StringComparison.Ordinal)).Should().BeEmpty();

    [Fact]
    public void No_exception_is_swallowed_without_saying_why() =>
        Sources([.. MayReferTo.Keys, "tests"]).Where(f => EmptyCatch().IsMatch(f.Text)).Select(f => f.Name).Should().BeEmpty();

    [Fact]
    public void No_file_knows_the_machine_it_was_written_on() => Found([.. MayReferTo.Keys, "tests", "bench"], MachinePath()).Should().BeEmpty();

    private static IEnumerable<string> Found(IEnumerable<string> folders, Regex unwanted) =>
        from f in Sources(folders) from Match m in unwanted.Matches(f.Code) select $"{f.Name}:{f.Code[..m.Index].Count(c => c == '\n') + 1}: {m.Value.Trim()}";

    private static List<(string Name, string Text, string Code, int Lines)> Sources(IEnumerable<string> folders) =>
    [
        .. from folder in folders
           let path = Path.Combine(Root, folder)
           where Directory.Exists(path)
           from file in Directory.EnumerateFiles(path, "*.cs", SearchOption.AllDirectories)
           let name = Path.GetRelativePath(Root, file).Replace('\\', '/')
           where !Built().IsMatch(name)
           orderby name
           let text = File.ReadAllText(file)
           select (name, text, CodeOf(text), text.Count(c => c == '\n')),
    ];

    /// <summary>A source without its comments; strings stay.</summary>
    private static string CodeOf(string source) => Lexeme().Replace(source, m => m.Value switch
    {
        ['/', '*', ..] => string.Concat(m.Value.Where(c => c == '\n').DefaultIfEmpty(' ')),
        ['/', '/', ..] => "",
        _ => m.Value,
    });

    private static string FindRoot([CallerFilePath] string here = "")
    {
        IEnumerable<string> starts = [Path.GetDirectoryName(here)!, AppContext.BaseDirectory];
        return starts.SelectMany(Ancestors).FirstOrDefault(d => File.Exists(Path.Combine(d, "Budgets.Orleans.sln")))
            ?? throw new InvalidOperationException("The sources are not beside the tests.");

        static IEnumerable<string> Ancestors(string path)
        {
            for (var d = path; d is not null; d = Path.GetDirectoryName(d))
            {
                yield return d;
            }
        }
    }

    [GeneratedRegex("""
        //[^\n]* | /\*.*?\*/ | ("{3,}).*?\1 | \$?@\$?"(?:[^"]|"")*" | "(?:\\.|[^"\\\n])*" | '(?:\\.|[^'\\\n])+'
        """, RegexOptions.Singleline | RegexOptions.IgnorePatternWhitespace)]
    private static partial Regex Lexeme();

    [GeneratedRegex(@"(^|/)(obj|bin)/")]
    private static partial Regex Built();

    [GeneratedRegex(@"^using\s+(?:static\s+|\w+\s*=\s*)?([\w.]+);", RegexOptions.Multiline)]
    private static partial Regex Using();

    [GeneratedRegex(@"\b(async|await|Task|ValueTask|Thread|Timer|TimeProvider|Stopwatch|ILogger|LoggerMessage|Random|RandomNumberGenerator|Console|Environment|File|Stream|HttpClient|Grain|IGrainFactory|RequestContext|IServiceProvider|dynamic)\b|\bGuid\.NewGuid\b|\b(DateTime|DateTimeOffset)\.(Now|UtcNow|Today)\b|\bDateTimeZoneProviders\.Bcl\b|\bTimeZoneInfo\b|\bCultureInfo\.Current")]
    private static partial Regex Impure();

    [GeneratedRegex("^Grains/Pricing/(PricesGrain|PriceBook|QuoteGrain|PriceDesk).cs")]
    private static partial Regex PricingShell();

    [GeneratedRegex("^Grains/Recharge/(RechargeCodec|RechargeGrain|PaymentNewsGrain|Cashier|IPayments|SimulatedPayments)")]
    private static partial Regex RechargeShell();

    [GeneratedRegex("^Grains/Routing/(RouterGrain|RoutingCodec)")]
    private static partial Regex RoutingShell();

    [GeneratedRegex(@"^using Stripe|\bStripe\.\w+\(", RegexOptions.Multiline)]
    private static partial Regex UsesStripe();

    [GeneratedRegex(@"\bBudgets\.(Silo|Ledger|Journal|Budgets|Keys|Directories|Pricing|Storage)\b|\b(AddBudgetSilo|IJournalStore|IAgentDirectory|BudgetState|Ledger\.\w+)\b")]
    private static partial Regex BehindTheInterfaces();

    [GeneratedRegex(@"\bStatusCodes?\b|\b(402|409|422|429|503)\b|\bHttp[A-Z]\w*|\bMicrosoft\.AspNetCore\b|\bSystem\.Net\.Http\b|""https?\b")]
    private static partial Regex Http();

    [GeneratedRegex(@"\b(HttpClient|HttpMessageInvoker|SocketsHttpHandler|IHttpClientFactory|WebRequest|SmtpClient)\b|\b(MailKit|MimeKit)\b")]
    private static partial Regex CallsOut();

    [GeneratedRegex(@"Grain(\.\w+)?\.cs$")]
    private static partial Regex GrainFile();

    [GeneratedRegex(@"(Manager|Helpers?|Utils?|Utility|Utilities|Service|Impl|Base|Dto|Info|Common|Models)$")]
    private static partial Regex VagueName();

    [GeneratedRegex(@"\b(?:class|struct|interface|enum|record(?!\s+(?:struct|class)\b))\s+(\w+)")]
    private static partial Regex Declaration();

    [GeneratedRegex(@"\bThread\.Sleep\b|\bTask\.Delay\b|\bSkip\s*=|\bSkip\.If\b|\bSpinWait\b")]
    private static partial Regex SleepOrSkip();

    [GeneratedRegex(@"\bcatch\b\s*(\([^)]*\))?\s*(when\s*\([^{]*\))?\s*\{\s*\}")]
    private static partial Regex EmptyCatch();

    [GeneratedRegex(@"""[^""\n]*(?<![\w.])(/(home|Users|work|root|mnt)/|[A-Z]:\\)[^""\n]*""")]
    private static partial Regex MachinePath();
}
