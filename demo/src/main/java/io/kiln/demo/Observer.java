package io.kiln.demo;

import io.kiln.checkpoints.Artifacts;
import io.kiln.checkpoints.CheckpointSubscriber;
import io.kiln.checkpoints.Start;
import io.kiln.config.KilnConfig;
import io.kiln.config.TopicsConfig;
import io.kiln.kafka.Clients;
import io.kiln.operations.deadletters.DeadLetters;
import io.kiln.operations.report.StepPoint;
import io.kiln.schemas.CheckpointEvent;
import io.kiln.schemas.CheckpointFile;
import io.kiln.schemas.CheckpointStatus;
import io.kiln.schemas.Evaluation;
import io.kiln.schemas.FileRole;
import io.kiln.schemas.RecordDeserializer;
import io.kiln.schemas.SchemaRegistry;
import io.kiln.schemas.TopicReader;
import io.kiln.schemas.TrainingStep;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.TopicPartition;

/**
 * Follows a run as any other program could: reads the committed records of its topics and nothing
 * else. Verifies the files of each checkpoint event.
 */
final class Observer implements Runnable {
    private static final Duration POLL_TIMEOUT = Duration.ofMillis(200);

    private final KilnConfig config;
    private final WorkDir workDir;
    private final RunRecord record;
    private final RecordDeserializer<TrainingStep> steps;
    private final RecordDeserializer<Evaluation> evaluations;
    private final SchemaRegistry registry;

    Observer(KilnConfig config, WorkDir workDir, RunRecord record) {
        this.config = config;
        this.workDir = workDir;
        this.record = record;
        this.registry = Clients.registry(config);
        this.steps =
                new RecordDeserializer<>(
                        registry, TrainingStep.class, config.topics().trainingSteps());
        this.evaluations =
                new RecordDeserializer<>(registry, Evaluation.class, config.topics().evaluations());
    }

    /** Follows until the thread is interrupted. */
    @Override
    public void run() {
        try (TopicReader reader = Clients.reader(config);
                CheckpointSubscriber subscriber =
                        new CheckpointSubscriber(
                                Clients.properties(config),
                                registry,
                                config.topics().checkpoints(),
                                Start.BEGINNING)) {
            EventLog log = new EventLog(workDir.events());
            reader.seek(begins(reader));
            while (!Thread.currentThread().isInterrupted()) {
                reader.poll(POLL_TIMEOUT).forEach(this::see);
                for (CheckpointEvent event : subscriber.poll(Duration.ofMillis(1))) {
                    see(event, log);
                }
            }
        } catch (org.apache.kafka.common.errors.InterruptException e) {
            // Interrupted while waiting for records: the demo ends.
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(
                    "the results cannot be written to " + workDir.root() + ": " + e.getMessage(),
                    e);
        }
    }

    private Map<TopicPartition, Long> begins(TopicReader reader) {
        TopicsConfig topics = config.topics();
        Map<TopicPartition, Long> begins = new HashMap<>();
        for (String topic :
                List.of(
                        topics.trainingSteps(),
                        topics.deadLetters(),
                        topics.sparseBatches(),
                        topics.holdout(),
                        topics.evaluations())) {
            begins.putAll(reader.extent(topic).begins());
        }
        return begins;
    }

    private void see(ConsumerRecord<byte[], byte[]> found) {
        if (found.topic().equals(config.topics().trainingSteps())) {
            steps.readOrPassOver(found).ifPresent(step -> record.step(StepPoint.of(found, step)));
        } else if (DeadLetters.isMark(found)) {
            return; // a replay; the report keeps the dead letter
        } else if (found.topic().equals(config.topics().deadLetters())) {
            DeadLetters.parsed(found).ifPresent(record::deadLetter);
        } else if (found.topic().equals(config.topics().holdout())) {
            record.heldOut();
        } else if (found.topic().equals(config.topics().evaluations())) {
            evaluations.readOrPassOver(found).ifPresent(record::evaluation);
        } else {
            record.batch();
        }
    }

    private void see(CheckpointEvent event, EventLog log) throws IOException {
        if (event.getStatus() != CheckpointStatus.CANDIDATE) {
            return; // a later status of a version, whose files may have been deleted
        }
        // the report outlives versions that are retired
        Path picture = workDir.pictures().resolve("v" + event.getVersion() + ".png");
        if (!log.holds(event.getVersion())) { // else verified before the demo was interrupted
            verify(event, picture);
            log.add(event);
        }
        if (Files.exists(picture)) {
            record.reconstructions(event, picture);
        }
        record.event(event);
    }

    private void verify(CheckpointEvent event, Path picture) throws IOException {
        for (CheckpointFile file : event.getFiles()) {
            Artifacts.verify(file);
            if (file.getRole() == FileRole.RECONSTRUCTIONS) {
                Path sheet = Path.of(URI.create(file.getUri()));
                replace(sheet, workDir.reconstructions());
                replace(sheet, picture);
            }
        }
    }

    private static void replace(Path source, Path target) throws IOException {
        Path partial = target.resolveSibling("." + target.getFileName() + ".part");
        Files.copy(source, partial, StandardCopyOption.REPLACE_EXISTING);
        Files.move(
                partial,
                target,
                StandardCopyOption.ATOMIC_MOVE,
                StandardCopyOption.REPLACE_EXISTING);
    }
}
