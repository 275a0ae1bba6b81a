using Azure;
using Azure.Core;
using Azure.Data.Tables;
using Budgets.Storage.AzureTables.Clustering;
using Orleans;
using Orleans.Messaging;
using Orleans.Runtime;
using static Budgets.Tests.AzureTables.MembershipCluster;

namespace Budgets.Tests.AzureTables;

/// <summary>What a table cannot answer is an error: never a "no", never an empty cluster, never a wait without end.</summary>
public sealed class MembershipFaultTests
{
    private static readonly TableVersion Next = new(1, "W/\"datetime'2026-02-28T12%3A00%3A00.0000000Z'\"");

    [Fact]
    public async Task A_table_that_cannot_be_reached_is_an_error_in_every_call()
    {
        // Nobody listens there.
        var options = new TableClientOptions { Retry = { MaxRetries = 0 } };
        var table = new TableServiceClient("DefaultEndpointsProtocol=http;AccountName=nobody;AccountKey=bm9ib2R5;TableEndpoint=http://127.0.0.1:1/nobody;", options).GetTableClient("t");

        foreach (var (name, call) in Calls(table, "production"))
        {
            (await call(default).Awaiting(t => t).Should().ThrowAsync<RequestFailedException>(name)).Which.Status.Should().Be(0);
        }
    }

    [Fact]
    public async Task A_table_that_is_not_there_is_an_error_in_every_call_but_those_that_make_it()
    {
        var cluster = await Create(initialized: false);

        foreach (var (name, call) in Calls(cluster.Rows, ClusterId).Where(c => !c.Name.StartsWith("Initialize", StringComparison.Ordinal)))
        {
            (await call(default).Awaiting(t => t).Should().ThrowAsync<RequestFailedException>(name)).Which.ErrorCode.Should().Be("TableNotFound", name);
        }
    }

    [Fact]
    public async Task A_table_that_does_not_let_us_in_is_an_error_in_every_call()
    {
        var cluster = await Create();
        var refused = cluster.Connect(new Around(Around.Any, before: message => Task.FromResult(message.Request.Headers.Remove("Authorization"))), HttpPipelinePosition.BeforeTransport);

        foreach (var (name, call) in Calls(refused, ClusterId))
        {
            (await call(default).Awaiting(t => t).Should().ThrowAsync<RequestFailedException>(name)).Which.Status.Should().Be(403, name);
        }
    }

    [Fact]
    public async Task Cancelling_ends_the_request_and_not_only_the_wait()
    {
        var cluster = await Create();
        foreach (var name in Calls(cluster.Rows, ClusterId).Select(c => c.Name))
        {
            using var cancellation = new CancellationTokenSource();
            var (sent, ended) = (new TaskCompletionSource(), new TaskCompletionSource());
            var table = cluster.Connect(new Around(Around.Any, before: async message =>
            {
                sent.TrySetResult();
                using var _ = message.CancellationToken.Register(() => ended.TrySetResult());
                await ended.Task;
                message.CancellationToken.ThrowIfCancellationRequested();
            }));

            var pending = Calls(table, ClusterId).Single(c => c.Name == name).Call(cancellation.Token);
            await sent.Task;
            await cancellation.CancelAsync();

            await pending.Awaiting(p => p).Should().ThrowAsync<OperationCanceledException>(name);
            ended.Task.IsCompleted.Should().BeTrue(name);
        }
    }

    [Fact]
    public async Task A_write_whose_answer_is_lost_may_be_told_no_and_is_found_when_read_again()
    {
        var cluster = await Create();
        var answers = 0;
        var members = cluster.MembersThrough(
            new Around(Around.Transaction, after: _ => ++answers == 1 ? Task.FromException(new IOException("The answer is lost.")) : Task.CompletedTask), HttpPipelinePosition.PerRetry);

        (await members.InsertRow(Member(1), (await members.ReadAll()).Version.Next())).Should().BeFalse();

        answers.Should().Be(2);
        (await members.ReadAll()).Members.Should().ContainSingle();
        (await members.ReadAll()).Version.Version.Should().Be(1);
    }

    private static IEnumerable<(string Name, Func<CancellationToken, Task> Call)> Calls(TableClient table, string cluster)
    {
        IMembershipTable members = new AzureTablesMembershipTable(table, cluster);
        IGatewayListProvider gateways = new AzureTablesGatewayList(table, cluster, TimeSpan.FromMinutes(1));
        yield return (nameof(members.InitializeMembershipTable), c => members.InitializeMembershipTableAsync(true, c));
        yield return (nameof(members.ReadAll), members.ReadAllAsync);
        yield return (nameof(members.ReadRow), c => members.ReadRowAsync(Address(1), c));
        yield return (nameof(members.InsertRow), c => members.InsertRowAsync(Member(1), Next, c));
        yield return (nameof(members.UpdateRow), c => members.UpdateRowAsync(Member(1), "*", Next, c));
        yield return (nameof(members.UpdateIAmAlive), c => members.UpdateIAmAliveAsync(Member(1), c));
        yield return (nameof(members.CleanupDefunctSiloEntries), c => members.CleanupDefunctSiloEntriesAsync(Noon, c));
        yield return (nameof(members.DeleteMembershipTableEntries), c => members.DeleteMembershipTableEntriesAsync(cluster, c));
        yield return (nameof(gateways.InitializeGatewayListProvider), gateways.InitializeGatewayListProviderAsync);
        yield return (nameof(gateways.GetGateways), gateways.GetGatewaysAsync);
    }
}
