using Orleans.Storage;

namespace Budgets.Keys;

/// <summary>One state of one grain, read when it is first asked for. For grains that are not reentrant.</summary>
/// <remarks>
/// Stands in for <c>IPersistentState</c>, which reads before the grain exists and wraps what its store throws: here a failure is told to
/// the caller in the words of Faults.cs. Names and rows are the same.
/// </remarks>
internal sealed class Stored<T>(IGrainStorage storage, string name, IGrainBase grain)
    where T : class, new()
{
    private GrainState<T>? _known;

    /// <summary>Null: never written. The value is shared, and not to be changed.</summary>
    /// <exception cref="StoreUnavailableException">It could not be read.</exception>
    public async ValueTask<T?> Read()
    {
        if (_known is null)
        {
            var read = new GrainState<T>(new T());
            try
            {
                await storage.ReadStateAsync(name, grain.GrainContext.GrainId, read);
            }
            catch (Exception e) when (e is not StoreUnavailableException)
            {
                throw new StoreUnavailableException($"{What} could not be read: {e.Message}", e);
            }

            _known = read;
        }

        return _known.RecordExists ? _known.State : null;
    }

    /// <summary>The next read asks the store what is really there.</summary>
    public void Forget() => _known = null;

    /// <summary>Durable when it returns. After a failure the next read asks the store.</summary>
    /// <exception cref="StoreUnavailableException">Nothing was written.</exception>
    /// <exception cref="OutcomeUnknownException">It may have been written.</exception>
    public async Task Write(T next)
    {
        if (!await TryWrite(next))
        {
            throw new StoreUnavailableException($"{What} was changed by another activation, and nothing was written. Ask again.");
        }
    }

    /// <returns>False: another activation has changed it since it was read, and nothing was written.</returns>
    /// <inheritdoc cref="Write"/>
    public async Task<bool> TryWrite(T next)
    {
        await Read();
        var written = new GrainState<T>(next, _known!.ETag) { RecordExists = _known.RecordExists };
        _known = null;
        try
        {
            await storage.WriteStateAsync(name, grain.GrainContext.GrainId, written);
        }
        catch (InconsistentStateException)
        {
            return false;
        }
        catch (Exception e) when (e is not StoreUnavailableException and not OutcomeUnknownException)
        {
            throw new OutcomeUnknownException($"{What} may or may not have been written: {e.Message} Ask again.", e);
        }

        _known = written;
        return true;
    }

    private string What => $"'{name}' of {grain.GrainContext.GrainId}";
}
