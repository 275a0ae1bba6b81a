using System.Net;
using Azure.Core;
using Azure.Core.Pipeline;
using Azure.Data.Tables;
using Budgets.Storage.AzureTables.Clustering;
using Orleans;
using Orleans.Runtime;
using Request = Azure.Core.Request;

namespace Budgets.Tests.AzureTables;

/// <summary>A table of its own, a cluster in it, and silos to put there.</summary>
internal sealed class MembershipCluster
{
    /// <summary>To the millisecond: finer is not kept.</summary>
    public static readonly DateTime Noon = new(2026, 2, 28, 12, 0, 0, 123, DateTimeKind.Utc);

    private readonly Azurite _azurite;
    private readonly string _table = Azurite.NewTable();

    private MembershipCluster(Azurite azurite)
    {
        _azurite = azurite;
        Rows = Connect();
        Members = new AzureTablesMembershipTable(Rows, ClusterId);
    }

    public const string ClusterId = "production";

    public TableClient Rows { get; }

    public AzureTablesMembershipTable Members { get; }

    /// <param name="initialized">False: not even the table is there.</param>
    public static async Task<MembershipCluster> Create(bool initialized = true)
    {
        var cluster = new MembershipCluster(await Azurite.Shared);
        if (initialized)
        {
            await cluster.Members.InitializeMembershipTable(tryInitTableVersion: true);
        }

        return cluster;
    }

    /// <summary>A client of the same table that does something around its requests.</summary>
    public TableClient Connect(HttpPipelinePolicy? around = null, HttpPipelinePosition position = HttpPipelinePosition.PerCall)
    {
        var options = new TableClientOptions { Retry = { Delay = TimeSpan.FromMilliseconds(1) } };
        if (around is not null)
        {
            options.AddPolicy(around, position);
        }

        return _azurite.Connect(options).GetTableClient(_table);
    }

    public AzureTablesMembershipTable MembersThrough(HttpPipelinePolicy around, HttpPipelinePosition position = HttpPipelinePosition.PerCall) => new(Connect(around, position), ClusterId);

    /// <summary>Another cluster in the same table.</summary>
    public AzureTablesMembershipTable MembersOf(string id) => new AzureTablesMembershipTable(Rows, id);

    public async Task Insert(params MembershipEntry[] entries)
    {
        foreach (var entry in entries)
        {
            (await Members.InsertRow(entry, (await Members.ReadRow(entry.SiloAddress)).Version.Next())).Should().BeTrue();
        }
    }

    public async Task<bool> TryUpdate(MembershipEntry entry)
    {
        var read = await Members.ReadRow(entry.SiloAddress);
        return await Members.UpdateRow(entry, read.Members.Single().Item2, read.Version.Next());
    }

    /// <summary>Many silos at once, without a version each.</summary>
    public async Task Seed(IEnumerable<MembershipEntry> entries)
    {
        foreach (var some in entries.Select(e => new TableTransactionAction(TableTransactionActionType.Add, SiloRows.Write(ClusterId, e))).Chunk(100))
        {
            await Rows.SubmitTransactionAsync(some);
        }
    }

    public Task<Dictionary<string, string>> Stored(SiloAddress silo) => Stored(SiloRows.Key(silo));

    /// <summary>All columns of a row but those that the service makes. Fails if one is not a string.</summary>
    public async Task<Dictionary<string, string>> Stored(string key) =>
        (await Rows.GetEntityAsync<TableEntity>(ClusterId, key)).Value.Where(c => c.Key is not "odata.etag" and not "Timestamp").ToDictionary(c => c.Key, c => (string)c.Value);

    public static SiloAddress Address(int generation) => SiloAddress.New(IPAddress.Parse("10.0.0.7"), 11111, generation);

    public static MembershipEntry Member(int generation, SiloStatus status = SiloStatus.Joining) => new()
    {
        SiloAddress = Address(generation),
        HostName = "host",
        SiloName = "silo",
        Status = status,
        ProxyPort = 30000,
        StartTime = Noon,
        IAmAliveTime = Noon,
    };
}

/// <summary>Does something before each request that is of a kind, and after each answer to it.</summary>
internal sealed class Around(Func<Request, bool> which, Func<HttpMessage, Task>? before = null, Func<HttpMessage, Task>? after = null) : HttpPipelinePolicy
{
    public static bool Any(Request request) => true;

    /// <summary>A query that goes on where the page before it ended.</summary>
    public static bool NextPage(Request request) => request.Uri.Query.Contains("NextRowKey", StringComparison.Ordinal);

    public static bool Transaction(Request request) => request.Uri.Path.EndsWith("$batch", StringComparison.Ordinal);

    public override async ValueTask ProcessAsync(HttpMessage message, ReadOnlyMemory<HttpPipelinePolicy> pipeline)
    {
        var concerned = which(message.Request);
        await (concerned && before is not null ? before(message) : Task.CompletedTask);
        await ProcessNextAsync(message, pipeline);
        await (concerned && after is not null ? after(message) : Task.CompletedTask);
    }

    public override void Process(HttpMessage message, ReadOnlyMemory<HttpPipelinePolicy> pipeline) => throw new NotSupportedException();
}
