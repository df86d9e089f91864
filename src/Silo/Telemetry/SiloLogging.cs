using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Console;

namespace LisaOrleans.Silo;

/// <summary>Logs of a silo go to standard error, because standard output is for what the command has to say.</summary>
internal static class SiloLogging
{
    /// <summary>Adds a console logger.</summary>
    /// <param name="logging">The host's logging.</param>
    /// <param name="json">An object per message, with its scopes (run, generation, step) and trace, for machines; else plain lines.</param>
    public static ILoggingBuilder AddLisaLogging(this ILoggingBuilder logging, bool json)
    {
        logging.ClearProviders().AddConsole(o =>
        {
            o.LogToStandardErrorThreshold = LogLevel.Trace;
            o.FormatterName = json ? ConsoleFormatterNames.Json : ConsoleFormatterNames.Simple;
        });
        var console = logging.Services.Last(s => s.ServiceType == typeof(ILoggerProvider));
        logging.Services.Remove(console);
        logging.Services.AddSingleton<ConsoleLoggerProvider>();
        logging.Services.AddSingleton<ILoggerProvider>(
            s => new WithoutFalseAlarms(s.GetRequiredService<ConsoleLoggerProvider>(), TimeProvider.System));
        logging.Services.Configure<SimpleConsoleFormatterOptions>(o => (o.SingleLine, o.TimestampFormat) = (true, "HH:mm:ss.fff "));
        logging.Services.Configure<JsonConsoleFormatterOptions>(o =>
            (o.IncludeScopes, o.UseUtcTimestamp, o.TimestampFormat) = (true, true, "yyyy-MM-ddTHH:mm:ss.fffZ"));
        if (json) logging.Configure(o => o.ActivityTrackingOptions = ActivityTrackingOptions.TraceId | ActivityTrackingOptions.SpanId);
        return logging.SetMinimumLevel(LogLevel.Information)
            .AddFilter("Orleans", LogLevel.Warning).AddFilter("Microsoft", LogLevel.Warning).AddFilter("Polly", LogLevel.Warning)

            // A refusal is logged elsewhere, with its reason (SiloTls); here it would be a stack trace without the reason.
            .AddFilter("Orleans.Connections.Security", LogLevel.None)

            // It warns of reminders that are due more often than once a minute. Here, such reminders wake a run seconds after
            // its silo has died.
            .AddFilter("Orleans.Hosting.ReminderOptionsValidator", LogLevel.Error);
    }
}
