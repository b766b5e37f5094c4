package io.kiln.cli;

import io.kiln.config.KilnConfig;
import io.kiln.config.Name;
import io.kiln.images.ImageDecoder;
import io.kiln.images.ValueStatistics;
import io.kiln.ingest.HttpLimits;
import io.kiln.ingest.ImageProducer;
import io.kiln.ingest.ImageSource;
import io.kiln.ingest.Ingest;
import io.kiln.ingest.IngestException;
import io.kiln.ingest.IngestListener;
import io.kiln.ingest.IngestOptions;
import io.kiln.ingest.IngestProgress;
import io.kiln.ingest.IngestSummary;
import io.kiln.ingest.Links;
import io.kiln.ingest.Measurement;
import io.kiln.ingest.PathListSource;
import io.kiln.ingest.PathSource;
import io.kiln.ingest.Refusal;
import io.kiln.ingest.SentBefore;
import io.kiln.ingest.UrlSource;
import io.kiln.ingest.WatchedSource;
import io.kiln.masking.sampling.MaskingPlan;
import io.kiln.operations.console.Interruption;
import io.kiln.operations.console.StatusLine;
import io.kiln.operations.console.Terminal;
import java.io.PrintWriter;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code kiln ingest}: sends images. */
@Command(
        name = "ingest",
        description = {
            "Sends images to the images topic.",
            "Reads folders recursively, tar and zip archives, Parquet files, single files and URLs."
                    + " Recognises JPEG, PNG, WebP, BMP, GIF and TIFF by their content. Refuses"
                    + " files that are not images or are too large, names them, and continues with"
                    + " the rest."
        },
        exitCodeList = {
            "0:all sources were read and at least one image was sent",
            "1:no image was sent, or the run ended early, or with --strict a file was refused",
            "2:wrong usage or an invalid configuration"
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  kiln ingest ~/Pictures archive.tar.gz",
            "  kiln ingest --statistics tiles/",
            "  find . -name '*.jpg' -newer last-run | kiln ingest -",
            "  kiln ingest --run tuesday --watch incoming/",
            "  kiln ingest --repeat 10 --seed 1 train/",
            "  kiln ingest --attribute camera=north frames/"
        })
final class IngestCommand implements Callable<Integer> {
    private static final String STANDARD_INPUT = "-";
    private static final Duration POLL_INTERVAL = Duration.ofSeconds(1);
    private static final Duration SHUTDOWN_TIMEOUT = Duration.ofSeconds(15);

    @Spec private CommandSpec spec;
    @Mixin private ConfigOptions config;
    @Mixin private RepeatOptions repeat;

    @Parameters(
            paramLabel = "PATH",
            arity = "1..*",
            description =
                    "folder, archive, image or URL; - reads a list of paths or URLs from standard"
                            + " input, one per line")
    private List<String> paths = new ArrayList<>();

    @Option(
            names = "--attribute",
            paramLabel = "KEY=VALUE",
            description = "attribute stored with each image; may be repeated")
    private Map<String, String> attributes = new LinkedHashMap<>();

    @Option(
            names = "--run",
            paramLabel = "NAME",
            description =
                    "name of this run; a run started again with the same name skips the images"
                            + " already sent")
    private @Nullable String run;

    @Option(
            names = "--watch",
            description =
                    "keep watching the folders and send new files as they arrive, until Ctrl-C")
    private boolean watch;

    @Option(
            names = "--follow-links",
            description =
                    "follow symbolic links that lead out of a folder; otherwise they are refused")
    private boolean followLinks;

    @Option(names = "--strict", description = "exit with 1 if any file was refused")
    private boolean strict;

    @Option(
            names = "--refused",
            paramLabel = "FILE",
            description =
                    "write each refused file to FILE, one JSON object per line: name, source,"
                            + " reason, detail")
    private @Nullable Path refused;

    @Option(
            names = "--metrics-port",
            paramLabel = "PORT",
            description =
                    "serve Prometheus metrics of sent and refused files on this port, to this"
                            + " machine only, until the run ends; 0 for a free port")
    private @Nullable Integer metricsPort;

    @Option(names = "--json", description = "print the summary as one JSON object")
    private boolean json;

    @Option(
            names = "--statistics",
            description =
                    "send nothing: print the range, mean and standard deviation of each channel,"
                            + " and a matching input section for the configuration")
    private boolean statistics;

    @Override
    public Integer call() throws InterruptedException {
        KilnConfig kiln = config.load();
        if (statistics) {
            return measure(kiln);
        }
        List<ImageSource> sources = sources(HttpLimits.of(kiln.ingest()));
        requireRunName();
        repeat.require(kiln, watch);
        IngestOptions options = IngestOptions.of(kiln.ingest()).withAttributes(attributes);
        PrintWriter out = spec.commandLine().getOut();
        PrintWriter err = spec.commandLine().getErr();
        IngestProgressBar bar = new IngestProgressBar(err, Terminal.present());
        try (IngestMetrics metrics = metrics(bar);
                RefusalLog log = RefusalLog.to(refused, metrics);
                ImageDecoder decoder = RepeatOptions.decoder(kiln);
                ImageProducer producer = ImageProducer.open(kiln)) {
            return Interruption.onShutdown(
                    SHUTDOWN_TIMEOUT,
                    () -> {
                        IngestSummary summary;
                        try (SentBefore before = repeat.sentBefore(kiln, run)) {
                            summary =
                                    new Ingest(producer, options, before)
                                            .run(
                                                    repeat.of(sources, kiln, run != null, decoder),
                                                    log);
                        }
                        bar.end();
                        out.println(
                                json ? IngestListing.json(summary) : IngestListing.text(summary));
                        out.flush();
                        return exitCode(summary);
                    });
        }
    }

    private IngestMetrics metrics(IngestListener next) {
        if (metricsPort != null && (metricsPort < 0 || metricsPort > 65535)) {
            throw new ParameterException(
                    spec.commandLine(),
                    "--metrics-port: " + metricsPort + " is not allowed; expected 0 to 65535");
        }
        IngestMetrics metrics = IngestMetrics.on(metricsPort, next);
        if (metricsPort != null) {
            spec.commandLine()
                    .getErr()
                    .println("metrics: http://127.0.0.1:" + metrics.port() + "/metrics");
        }
        return metrics;
    }

    private List<ImageSource> sources(HttpLimits limits) {
        if (watch) {
            return List.of(
                    new WatchedSource(
                            paths.stream().map(Path::of).toList(), POLL_INTERVAL, links()));
        }
        return paths.stream().map(path -> source(path, limits)).toList();
    }

    private Links links() {
        return followLinks ? Links.ANYWHERE : Links.WITHIN;
    }

    private ImageSource source(String path, HttpLimits limits) {
        if (path.equals(STANDARD_INPUT)) {
            return new PathListSource(System.in, "standard input", Path.of(""), limits, links());
        }
        if (UrlSource.isUrl(path)) {
            return new UrlSource(List.of(path), limits);
        }
        try {
            return PathSource.of(Path.of(path), links());
        } catch (InvalidPathException e) {
            throw new IngestException(
                    path
                            + " is not a path in this locale ("
                            + e.getReason()
                            + "); set LC_ALL=C.UTF-8",
                    e);
        }
    }

    /** Under the default configuration, the channels are those that suit the first image. */
    private int measure(KilnConfig kiln) throws InterruptedException {
        boolean sends = json || run != null || metricsPort != null || !attributes.isEmpty();
        if (watch || sends || repeat.isSet()) {
            throw new ParameterException(
                    spec.commandLine(),
                    "--statistics sends nothing; leave out --watch, --json, --run,"
                            + " --metrics-port, --repeat and --attribute");
        }
        int channels = kiln.input().channels();
        boolean chosen = channels != KilnConfig.defaults().input().channels();
        Measurement measurement =
                new Measurement(
                        MaskingPlan.limits(kiln),
                        kiln.ingest().parquetColumns(),
                        chosen ? OptionalInt.of(channels) : OptionalInt.empty());
        List<ImageSource> sources = sources(HttpLimits.of(kiln.ingest()));
        Refusals refusals = new Refusals(spec.commandLine().getErr());
        ValueStatistics measured;
        try (RefusalLog log = RefusalLog.to(refused, refusals)) {
            measured = measurement.of(sources, log::refused);
        }
        if (measured == null) {
            throw new IngestException("no image could be measured in " + String.join(", ", paths));
        }
        spec.commandLine().getOut().println(StatisticsListing.text(measured));
        spec.commandLine().getOut().flush();
        return strict && refusals.count > 0 ? ExitCode.SOFTWARE : ExitCode.OK;
    }

    private void requireRunName() {
        try {
            if (run != null) {
                Name.require("--run", run);
            }
        } catch (IllegalArgumentException e) {
            throw new ParameterException(spec.commandLine(), e.getMessage(), e);
        }
    }

    private int exitCode(IngestSummary summary) {
        boolean failed =
                (summary.interrupted() && !watch) // Ctrl-C is how watching ends
                        || (summary.sent() + summary.sentBefore() == 0 && !watch)
                        || summary.unconfirmed() > 0
                        || (strict && summary.refusedCount() > 0);
        return failed ? ExitCode.SOFTWARE : ExitCode.OK;
    }

    /** Names each file that training would refuse, and counts them. */
    private static final class Refusals implements IngestListener {
        private final StatusLine status;
        private int count;

        Refusals(PrintWriter err) {
            this.status = new StatusLine(err, Terminal.present());
        }

        @Override
        public void progress(IngestProgress progress) {
            // A measurement does not tell how far it is.
        }

        @Override
        public void refused(Refusal refusal) {
            count++;
            status.print("refused " + refusal);
        }
    }
}
