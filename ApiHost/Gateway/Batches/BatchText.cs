using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Unicode;
using Budgets.ApiHost.Http;

namespace Budgets.ApiHost.Gateway.Batches;

/// <summary>Reads a batch: all that is wrong with any of its requests is told at once, and what says the same is one call.</summary>
internal sealed class BatchText
{
    private const int MostDepth = 130;
    private const string Requests = "requests";

    private static readonly string[] s_members = [Requests, "max_concurrency"];
    private static readonly string[] s_ofRequests = ["custom_id", "method", "url", "task_complexity", "body"];
    private static readonly ImmutableArray<ModelRoute> s_routes = [ModelRoute.Chat, ModelRoute.Responses, ModelRoute.Embeddings, ModelRoute.Images, ModelRoute.Messages];

    private readonly Faults _faults = new();
    private readonly Dictionary<string, int> _names = new(StringComparer.Ordinal);
    private readonly Dictionary<string, int> _seen = new(StringComparer.Ordinal);
    private readonly List<(Asking Asking, List<Place> Places)> _items = [];
    private readonly IncrementalHash _all = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private Problem? _unpriced;

    public static (Batch? Batch, Problem? Problem) Read(byte[] body)
    {
        if (!Utf8.IsValid(body))
        {
            return (null, Problem.Invalid("", "the body is not valid UTF-8"));
        }

        try
        {
            using var document = JsonDocument.Parse(body, new() { MaxDepth = MostDepth });
            return new BatchText().Read(document.RootElement);
        }
        catch (JsonException)
        {
            return (null, Problem.Invalid("", $"the body is not JSON of at most {MostDepth} levels"));
        }
        catch (InvalidOperationException)
        {
            return (null, Problem.Invalid("", "the body has text that is none"));
        }
    }

    private (Batch? Batch, Problem? Problem) Read(JsonElement root)
    {
        var concurrency = (long)Batch.UsuallyAtOnce;
        if (root.ValueKind != JsonValueKind.Object)
        {
            return (null, Problem.Invalid("", "the body must be a JSON object"));
        }

        CheckMembers(root, s_members);
        if (root.Member("max_concurrency") is { } told && !(told.ValueKind == JsonValueKind.Number && told.TryGetInt64(out concurrency) && concurrency is >= 1 and <= Batch.MostAtOnce))
        {
            _faults.Add("max_concurrency", $"must be a whole number from 1 to {Batch.MostAtOnce}");
        }

        var total = 0;
        if (root.Member(Requests) is not { ValueKind: JsonValueKind.Array } requests || requests.GetArrayLength() is 0 or > Batch.MostRequests)
        {
            _faults.Add(Requests, $"must be a list of 1 to {Batch.MostRequests}");
        }
        else
        {
            foreach (var request in requests.EnumerateArray())
            {
                _faults.Within = (Requests, total);
                ReadRequest(request, total++);
                if (_faults.Full)
                {
                    break;
                }
            }
        }

        _faults.Within = null;
        return _faults.Any ? (null, Problem.Invalid(_faults))
            : _unpriced is not null ? (null, _unpriced)
            : (new Batch(total, [.. _items.Select(i => new BatchItem(i.Asking, [.. i.Places]))], (int)concurrency, _all.GetHashAndReset()), null);
    }

    private void ReadRequest(JsonElement request, int index)
    {
        if (request.ValueKind != JsonValueKind.Object)
        {
            _faults.Add("", "must be an object");
            return;
        }

        CheckMembers(request, s_ofRequests);
        _faults.AddIf(request.Member("method") is { } method && !(method.ValueKind == JsonValueKind.String && method.GetString() == "POST"), "method", "must be POST");
        var name = NameOf(request, index);
        var complexity = ComplexityOf(request);
        var route = s_routes.FirstOrDefault(r => r.Path == request.Text("url"));
        _faults.AddIf(route is null, "url", $"must be one of {string.Join(", ", s_routes.Select(r => r.Path))}");
        if (request.Member("body") is not { ValueKind: JsonValueKind.Object } body)
        {
            _faults.Add("body", "must be an object");
        }
        else if (route is not null)
        {
            ReadCall(route, body, complexity, new Place(index, name));
        }
    }

    private void ReadCall(ModelRoute route, JsonElement body, string? complexity, Place place)
    {
        var (asking, problem) = Asking.Read(route, Encoding.UTF8.GetBytes(body.GetRawText()));
        if (asking is null)
        {
            if (problem!.Kind != ProblemKind.InvalidRequest)
            {
                _unpriced ??= Of(place.Index, problem);
                return;
            }

            foreach (var (field, message) in problem.Faults ?? [])
            {
                _faults.Add(field.Length == 0 ? "body" : $"body.{field}", field.Length == 0 ? message.Replace("the body ", "", StringComparison.Ordinal) : message);
            }

            return;
        }

        if (asking.Streams)
        {
            _faults.Add("body.stream", "must be false in a batch: its progress can be had as a stream");
            return;
        }

        asking.Said = CallPurpose.Unsaid with { Complexity = complexity };
        var same = Says(route, asking);
        _all.AppendData(Encoding.UTF8.GetBytes($"{same} {place.Name}\n"));
        if (_seen.TryGetValue(same, out var at))
        {
            _items[at].Places.Add(place);
            return;
        }

        _seen[same] = _items.Count;
        _items.Add((asking, [place]));
    }

    /// <summary>The same problem, of one request of a batch.</summary>
    public static Problem Of(int index, Problem problem) => problem with
    {
        Detail = $"{Requests}[{index}]: {problem.Detail}",
        Faults = problem.Faults?.Select(f => f with { Field = $"{Requests}[{index}].body.{f.Field}" }).ToList(),
    };

    private string? NameOf(JsonElement request, int index)
    {
        if (request.Member("custom_id") is not { } told)
        {
            return null;
        }

        if (told.ValueKind != JsonValueKind.String)
        {
            _faults.Add("custom_id", "must be a text");
            return null;
        }

        var name = told.GetString()!;
        _faults.Text("custom_id", name, Batch.LongestId);
        _faults.AddIf(!_names.TryAdd(name, index), "custom_id", $"is the same as that of {Requests}[{_names[name]}]");
        return name;
    }

    private string? ComplexityOf(JsonElement request)
    {
        if (request.Member("task_complexity") is not { } told)
        {
            return null;
        }

        var word = told.ValueKind == JsonValueKind.String ? told.GetString() : null;
        _faults.AddIf(Reasons.Read(word) is null, "task_complexity", Reasons.NoComplexity);
        return word;
    }

    private void CheckMembers(JsonElement of, string[] known)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var member in of.EnumerateObject())
        {
            var name = member.Name.Length <= 64 ? member.Name : string.Concat(member.Name.AsSpan(0, 64), "…");
            _faults.AddIf(!known.Contains(name), name, $"is not known here; what is: {string.Join(", ", known)}");
            _faults.AddIf(!seen.Add(name), name, "is given twice");
        }
    }

    private static string Says(ModelRoute route, Asking asking)
    {
        using var canonical = new CanonicalJson(asking.Text.Bytes);
        return $"{asking.Said.Complexity}{route.Path} {Convert.ToHexStringLower(SHA256.HashData(canonical.Bytes))}";
    }
}
