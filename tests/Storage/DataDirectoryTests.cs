using System.Diagnostics;
using System.Runtime.CompilerServices;
using Budgets.Storage.Sqlite;

namespace Budgets.Tests.Storage;

public sealed class DataDirectoryTests : IDisposable
{
    private readonly string _path = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName());

    public void Dispose()
    {
        if (Directory.Exists(_path))
        {
            Directory.Delete(_path, recursive: true);
        }
    }

    [Fact]
    public void A_missing_directory_is_created_for_its_owner_only()
    {
        using var directory = DataDirectory.Open(Path.Combine(_path, "data"));

        Directory.Exists(directory.Path).Should().BeTrue();
        if (!OperatingSystem.IsWindows())
        {
            File.GetUnixFileMode(directory.Path).Should().Be(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }
    }

    [Fact]
    public void A_relative_path_is_made_absolute()
    {
        using var directory = DataDirectory.Open(Path.GetRelativePath(Directory.GetCurrentDirectory(), _path));

        directory.Path.Should().Be(_path);
        directory.DatabasePath.Should().Be(Path.Combine(_path, "budgets.db"));
    }

    [Fact]
    public void A_second_opening_is_refused_and_the_message_says_who_has_it()
    {
        using var directory = DataDirectory.Open(_path);

        var second = () => DataDirectory.Open(_path);

        second.Should().Throw<DataDirectoryInUseException>().WithMessage($"*'{_path}' is in use: this process has it open already*");
    }

    [Fact]
    public void A_holder_that_has_left_no_id_is_refused_all_the_same()
    {
        using var directory = DataDirectory.Open(_path);
        File.Delete(Path.Combine(_path, "budgets.pid"));

        var second = () => DataDirectory.Open(_path);

        second.Should().Throw<DataDirectoryInUseException>().WithMessage($"*'{_path}' is in use: another process uses it*");
    }

    [Fact]
    public void A_refused_opening_leaves_the_holder_its_lock()
    {
        using var directory = DataDirectory.Open(_path);
        var second = () => DataDirectory.Open(_path);

        second.Should().Throw<DataDirectoryInUseException>();
        second.Should().Throw<DataDirectoryInUseException>();
    }

    [Fact]
    public void A_directory_that_was_given_up_can_be_opened_again()
    {
        var first = DataDirectory.Open(_path);
        first.Dispose();

        using var second = DataDirectory.Open(_path);
        first.Dispose();

        var third = () => DataDirectory.Open(_path);
        third.Should().Throw<DataDirectoryInUseException>().WithMessage("*this process*", "disposing twice must not remove the next holder's id");
    }

    [Fact]
    public void A_file_in_the_place_of_the_directory_is_a_clear_error()
    {
        Directory.CreateDirectory(_path);
        var file = Path.Combine(_path, "data");
        File.WriteAllText(file, "");

        var opening = () => DataDirectory.Open(file);

        opening.Should().Throw<DataDirectoryUnusableException>().WithMessage($"*'{file}' cannot be used*must be a directory*");
    }

    [Fact]
    public void A_directory_that_may_not_be_written_is_a_clear_error()
    {
        // The lock's name is taken by a directory: even root, for whom no permission counts, cannot open it.
        Directory.CreateDirectory(Path.Combine(_path, "budgets.lock"));

        var opening = () => DataDirectory.Open(_path);

        opening.Should().Throw<DataDirectoryUnusableException>().WithMessage($"*'{_path}' cannot be used*");
    }

    [Fact]
    public async Task Another_process_keeps_us_out_until_it_is_killed()
    {
        using var holder = HolderProcess.Start(_path);
        (await holder.StandardOutput.ReadLineAsync()).Should().Be("open");

        var opening = () => DataDirectory.Open(_path);
        opening.Should().Throw<DataDirectoryInUseException>().WithMessage($"*'{_path}' is in use: another process (pid {holder.Id}) uses it*");

        holder.Kill();
        await holder.WaitForExitAsync();
        File.Exists(Path.Combine(_path, "budgets.pid")).Should().BeTrue("a killed process cleans nothing up");

        using var directory = DataDirectory.Open(_path);
        opening.Should().Throw<DataDirectoryInUseException>().WithMessage("*this process*");
    }

    [Fact]
    public async Task A_place_where_file_locks_have_no_effect_is_refused()
    {
        if (OperatingSystem.IsWindows())
        {
            return;
        }

        using var holder = HolderProcess.Start(_path, ("DOTNET_SYSTEM_IO_DISABLEFILELOCKING", "1"));
        holder.StandardInput.Close();

        (await holder.StandardOutput.ReadToEndAsync()).Should().Contain("file locks have no effect");
        await holder.WaitForExitAsync();
    }
}

/// <summary>This test assembly as a second process: it opens the directory, says "open" (or why not), and keeps it until its input ends or it is killed.</summary>
internal static class HolderProcess
{
    private const string Variable = "BUDGETS_TESTS_HOLD_DIRECTORY";

    public static Process Start(string directory, params (string Name, string Value)[] environment)
    {
        var start = new ProcessStartInfo("dotnet", ["exec", typeof(HolderProcess).Assembly.Location])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        };
        start.Environment[Variable] = directory;
        foreach (var (name, value) in environment)
        {
            start.Environment[name] = value;
        }

        return Process.Start(start)!;
    }

    // Runs before the entry point that the test SDK generates; does nothing in the process that runs the tests.
    [ModuleInitializer]
    internal static void HoldIfAsked()
    {
        if (Environment.GetEnvironmentVariable(Variable) is not { } path)
        {
            return;
        }

        try
        {
            using var directory = DataDirectory.Open(path);
            Console.WriteLine("open");
            Console.In.ReadToEnd();
        }
        catch (IOException e)
        {
            Console.WriteLine(e.Message);
        }
    }
}
