using System.Collections.Concurrent;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Threading.Channels;

namespace Budgets.Tests.Couriers;

/// <summary>Somebody who is called: as friendly as its test makes it, down to the bytes.</summary>
internal sealed class Receiver : IAsyncDisposable
{
    private readonly TcpListener _listener;
    private readonly Func<Visit, Task> _serve;
    private readonly X509Certificate2? _certificate;
    private readonly CancellationTokenSource _closed = new();
    private readonly ConcurrentBag<Task> _serving = [];
    private readonly Channel<Visit> _visits = System.Threading.Channels.Channel.CreateUnbounded<Visit>();
    private readonly Task _accepting;
    private int _count;

    /// <param name="serve">What is done with a connection; it is closed afterwards.</param>
    /// <param name="certificate">Null: no TLS.</param>
    public Receiver(Func<Visit, Task> serve, X509Certificate2? certificate = null)
    {
        (_serve, _certificate) = (serve, certificate);
        _listener = new TcpListener(IPAddress.Any, 0);
        _listener.Start(512);
        Port = ((IPEndPoint)_listener.LocalEndpoint).Port;
        _accepting = Accept();
    }

    /// <summary>Reads each request and gives the same answer, complete, and then hangs up.</summary>
    public static Receiver Answering(string answer) => new(async visit =>
    {
        await visit.Read();
        await visit.Write(answer);
    });

    /// <summary>Reads each request and never answers.</summary>
    public static Receiver Hanging() => new(async visit =>
    {
        await visit.Read();
        await visit.HungUp;
    });

    public int Port { get; }

    /// <summary>How many connections there were.</summary>
    public int Count => Volatile.Read(ref _count);

    public string Url(string host = "127.0.0.1", string path = "/hook") => $"{(_certificate is null ? "http" : "https")}://{host}:{Port}{path}";

    /// <summary>The next connection, when it is there.</summary>
    public async Task<Visit> Next() => await _visits.Reader.ReadAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(30));

    public async ValueTask DisposeAsync()
    {
        await _closed.CancelAsync();
        _listener.Dispose();
        await _accepting;
        await Task.WhenAll(_serving);
        _closed.Dispose();
    }

    private async Task Accept()
    {
        try
        {
            while (true)
            {
                var socket = await _listener.AcceptSocketAsync(_closed.Token);
                Interlocked.Increment(ref _count);
                _serving.Add(Serve(socket));
            }
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or InvalidOperationException)
        {
            // The test is over.
        }
    }

    private async Task Serve(Socket socket)
    {
        using var wire = new NetworkStream(socket, ownsSocket: true);
        try
        {
            Stream stream = wire;
            if (_certificate is not null)
            {
                var tls = new SslStream(wire);
                stream = tls;
                await tls.AuthenticateAsServerAsync(new SslServerAuthenticationOptions { ServerCertificateContext = SslStreamCertificateContext.Create(_certificate, null, offline: true) }, _closed.Token);
            }

            var visit = new Visit(stream, ((IPEndPoint)socket.LocalEndPoint!).Address, socket, _closed.Token);
            await _visits.Writer.WriteAsync(visit);
            await _serve(visit);
        }
        catch (Exception e) when (e is IOException or OperationCanceledException or System.Security.Authentication.AuthenticationException)
        {
            // The caller has gone, or the test has.
        }
    }
}

/// <summary>One connection that somebody made.</summary>
/// <param name="Called">The address of ours that it came to.</param>
internal sealed record Visit(Stream Stream, IPAddress Called, Socket Socket, CancellationToken Closed)
{
    private readonly TaskCompletionSource _read = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Task? _hungUp;

    public string RequestLine { get; private set; } = "";

    public Dictionary<string, string> Headers { get; } = new(StringComparer.OrdinalIgnoreCase);

    public byte[] Body { get; private set; } = [];

    /// <summary>The request was read to its end.</summary>
    public Task WasRead => _read.Task.WaitAsync(TimeSpan.FromSeconds(30));

    /// <summary>The caller has closed the connection. For those who have read the request.</summary>
    public Task HungUp => _hungUp ??= UntilTheEnd();

    public async Task Read()
    {
        var head = new List<byte>();
        var one = new byte[1];
        while (!head.TakeLast(4).SequenceEqual("\r\n\r\n"u8.ToArray()))
        {
            if (await Stream.ReadAsync(one, Closed) == 0)
            {
                throw new IOException("The caller said only half of it.");
            }

            head.Add(one[0]);
        }

        var lines = Encoding.Latin1.GetString([.. head]).TrimEnd().Split("\r\n");
        RequestLine = lines[0];
        foreach (var line in lines.Skip(1))
        {
            Headers.Add(line[..line.IndexOf(':')], line[(line.IndexOf(':') + 1)..].Trim());
        }

        Body = new byte[Headers.TryGetValue("Content-Length", out var length) ? int.Parse(length) : 0];
        await Stream.ReadExactlyAsync(Body, Closed);
        _read.TrySetResult();
    }

    public async Task Write(string text) => await Stream.WriteAsync(Encoding.Latin1.GetBytes(text), Closed);

    private async Task UntilTheEnd()
    {
        var more = new byte[1024];
        try
        {
            while (await Stream.ReadAsync(more, Closed) > 0)
            {
            }
        }
        catch (IOException)
        {
            // Also that is an end.
        }
    }
}
