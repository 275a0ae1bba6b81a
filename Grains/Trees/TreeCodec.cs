using System.Collections.Immutable;
using System.Text.Json;
using Budgets.Journal;
using Budgets.Ledger;

namespace Budgets.Trees;

/// <summary>How a tree's events and states are stored.</summary>
public sealed class TreeCodec : JsonCodec<TreeState, TreeEvent>
{
    public static readonly TreeCodec Instance = new();

    private TreeCodec()
        : base(
    [
        Shape.Of("child_lent.v1", StoredJson.Default.ChildLent),
        Shape.Of("tree_asked.v1", StoredJson.Default.TreeAsked),
        Shape.Of("tree_answered.v1", StoredJson.Default.TreeAnswered),
        Shape.Of("child_agreed.v1", StoredJson.Default.ChildAgreed),
        Shape.Of("child_left.v1", StoredJson.Default.ChildLeft),
        Shape.Of("child_forgotten.v1", StoredJson.Default.ChildForgotten),
        Shape.Of("overcommit_agreed.v1", StoredJson.Default.OvercommitAgreed),
    ])
    {
    }

    public override TreeState Fold(TreeState state, TreeEvent e) => TreeFold.Apply(state, e);

    public override long SeqOf(TreeState state) => state.Seq;

    private protected override void Write(Utf8JsonWriter writer, TreeState state) => JsonSerializer.Serialize(writer, StoredTree.Of(state), StoredJson.Default.StoredTree);

    private protected override TreeState? Read(ReadOnlySpan<byte> state) => JsonSerializer.Deserialize(state, StoredJson.Default.StoredTree)?.ToState();
}

/// <summary>A snapshot of a <see cref="TreeState"/> as it is stored.</summary>
internal sealed record StoredTree(AgentId Parent, long Seq, DateTimeOffset Now, ImmutableArray<Draw> Draws, ImmutableArray<Child> Children, bool MayOvercommit)
{
    public static StoredTree Of(TreeState s) =>
        new(s.Parent, s.Seq, s.Now, s.Draws, [.. s.Children.Values.OrderBy(c => c.Id.Value, StringComparer.Ordinal)], s.MayOvercommit);

    public TreeState ToState() => new(Parent)
    {
        Seq = Seq, Now = Now, Draws = Draws, Children = Children.ToImmutableDictionary(c => c.Id), MayOvercommit = MayOvercommit,
    };
}
