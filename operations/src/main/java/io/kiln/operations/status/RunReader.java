package io.kiln.operations.status;

import io.kiln.config.KilnConfig;
import io.kiln.kafka.Clients;
import io.kiln.kafka.JobProgress;
import io.kiln.kafka.KilnJob;
import io.kiln.kafka.KilnTopics;
import io.kiln.kafka.TopicCleanup;
import io.kiln.operations.OperationException;
import io.kiln.operations.checkpoints.PublishedVersion;
import io.kiln.operations.checkpoints.RunVersions;
import io.kiln.operations.deadletters.DeadLetterRecord;
import io.kiln.operations.deadletters.DeadLetters;
import io.kiln.schemas.BrokerException;
import io.kiln.schemas.CheckpointFile;
import io.kiln.schemas.SchemaRegistryException;
import io.kiln.schemas.Topic;
import io.kiln.schemas.TopicReader;
import io.kiln.schemas.TopicReader.Extent;
import java.io.IOException;
import java.net.URI;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;

/** Reads how a run fares. Writes nothing. */
public final class RunReader {
    /** How many of the newest dead letters are asked for their reason. */
    private static final long REASONS = 500;

    private static final Duration PATIENCE = Duration.ofSeconds(3);
    private static final Duration HOUR = Duration.ofHours(1);

    private final KilnConfig config;
    private final Instant now = Instant.now();
    private final List<Problem> unread = new ArrayList<>();

    private RunReader(KilnConfig config) {
        this.config = config;
    }

    /**
     * Reads everything that answers. Waits for a broker that does not for kafka.connectTimeout, or
     * for three seconds where connections are refused.
     */
    public static RunStatus read(KilnConfig config) {
        return new RunReader(config).status();
    }

    private RunStatus status() {
        FlinkReader flink = new FlinkReader(config);
        Optional<FlinkReading> cluster =
                part(flink::cluster, "start Flink's job manager, or correct flink.restUrl");
        List<JobReading> jobs =
                cluster.flatMap(
                                c ->
                                        part(
                                                () ->
                                                        Stream.of(KilnJob.values())
                                                                .map(flink::job)
                                                                .filter(RunReader::counts)
                                                                .toList(),
                                                "see Flink's page"))
                        .orElse(List.of());
        Optional<Parts> parts =
                part(
                        this::parts,
                        "start what does not answer, or correct kafka.bootstrapServers or registry.url; the jobs"
                                + " wait for it");
        return new RunStatus(
                now,
                cluster,
                jobs,
                parts.map(Parts::stream),
                parts.flatMap(Parts::learning),
                parts.flatMap(Parts::versions),
                disks(),
                unread);
    }

    /** A run has no need of an evaluation job. */
    private static boolean counts(JobReading job) {
        return job.job() != KilnJob.EVALUATION || !job.state().equals(JobReading.ABSENT);
    }

    private <T> Optional<T> part(Supplier<T> reading, String advice) {
        try {
            return Optional.of(reading.get());
        } catch (OperationException | BrokerException | SchemaRegistryException e) {
            unread.add(new Problem(String.valueOf(e.getMessage()), advice));
            return Optional.empty();
        }
    }

    private record Parts(
            StreamReading stream,
            Optional<LearningReading> learning,
            Optional<VersionsReading> versions) {}

    private Parts parts() {
        Listeners.requireOne(config.kafka().bootstrapServers(), patience());
        Clients.requireTopics(
                config,
                KilnTopics.of(config.topics()).required().stream().map(Topic::name).toList());
        try (TopicReader reader = Clients.reader(config);
                JobProgress progress = new JobProgress(config)) {
            StepReader steps = new StepReader(config, reader);
            return new Parts(
                    stream(reader, progress, steps.next()),
                    steps.learning(now),
                    versions(new RunVersions(config).all()));
        }
    }

    /** One look does not wait long for a broker that is not there. */
    private Duration patience() {
        Duration timeout = config.kafka().connectTimeout();
        return timeout.compareTo(PATIENCE) < 0 ? timeout : PATIENCE;
    }

    private StreamReading stream(
            TopicReader reader, JobProgress progress, Map<TopicPartition, Long> trained) {
        LagReader lags = new LagReader(reader, now, config.flink().maskingParallelism());
        String images = config.topics().images();
        String batches = config.topics().sparseBatches();
        Map<TopicPartition, Long> next = new HashMap<>(progress.next(KilnJob.TRAINING));
        next.putAll(trained); // what has been trained on, not what has been read
        Extent dead = reader.extentSince(config.topics().deadLetters(), now.minus(HOUR));
        Map<String, Long> reasons = reasons(reader, dead);
        Map<String, TopicCleanup> cleanup = TopicCleanup.of(config, List.of(images, batches));
        return new StreamReading(
                lags.lag(images, progress.next(KilnJob.MASKING)),
                lags.lag(batches, next),
                kept(cleanup.get(images)),
                kept(cleanup.get(batches)),
                progress.newest(images),
                progress.newest(batches),
                reader.extentSince(images, now.minus(HOUR)).size(),
                dead.size() <= REASONS // which leaves out the markers of transactions
                        ? reasons.values().stream().mapToLong(n -> n).sum()
                        : dead.size(),
                reasons);
    }

    /** As configured where the brokers do not tell. */
    private Optional<Duration> kept(@Nullable TopicCleanup cleanup) {
        return cleanup == null ? Optional.of(config.topics().retention()) : cleanup.age();
    }

    private static Map<String, Long> reasons(TopicReader reader, Extent dead) {
        Map<String, Long> reasons = new HashMap<>();
        reader.read(
                dead.newest(REASONS),
                record -> {
                    if (!DeadLetters.isMark(record)) {
                        DeadLetters.parsed(record)
                                .map(DeadLetterRecord::reason)
                                .ifPresent(reason -> reasons.merge(reason, 1L, Long::sum));
                    }
                });
        return reasons;
    }

    private static Optional<VersionsReading> versions(Collection<PublishedVersion> all) {
        return all.stream()
                .reduce((older, newer) -> newer)
                .map(PublishedVersion::event)
                .map(
                        last ->
                                new VersionsReading(
                                        last.getVersion(),
                                        last.getStep(),
                                        last.getCreatedAt(),
                                        (int) all.stream().filter(PublishedVersion::isKept).count(),
                                        all.stream()
                                                .filter(PublishedVersion::isKept)
                                                .mapToLong(v -> bytes(v.event().getFiles()))
                                                .sum(),
                                        bytes(last.getFiles())));
    }

    private static long bytes(List<CheckpointFile> files) {
        return files.stream().mapToLong(CheckpointFile::getBytes).sum();
    }

    /** Of the folders that lie on this machine; two on one disk count once. */
    private List<DiskReading> disks() {
        Map<FileStore, DiskReading> disks = new HashMap<>();
        for (String uri :
                List.of(config.checkpoints().artifacts(), config.flink().checkpointDirectory())) {
            if (!uri.startsWith("file:")) {
                continue;
            }
            Path folder = Path.of(URI.create(uri));
            if (!Files.isDirectory(folder)) {
                continue;
            }
            try {
                FileStore store = Files.getFileStore(folder);
                disks.putIfAbsent(
                        store,
                        new DiskReading(
                                folder.toString(), store.getUsableSpace(), store.getTotalSpace()));
            } catch (IOException e) {
                unread.add(new Problem(folder + " cannot be read: " + e, "look at the disk"));
            }
        }
        return List.copyOf(disks.values());
    }
}
