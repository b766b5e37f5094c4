package io.kiln.operations.audit;

import io.kiln.config.KilnConfig;
import io.kiln.config.MaskingConfig;
import io.kiln.config.TopicsConfig;
import io.kiln.kafka.Clients;
import io.kiln.operations.audit.Finding.Kind;
import io.kiln.operations.deadletters.DeadLetterRecord;
import io.kiln.operations.deadletters.DeadLetters;
import io.kiln.schemas.CheckpointEvent;
import io.kiln.schemas.ImageOrigin;
import io.kiln.schemas.RecordDeserializer;
import io.kiln.schemas.RecordFormatException;
import io.kiln.schemas.SchemaRegistry;
import io.kiln.schemas.SparseBatch;
import io.kiln.schemas.TopicReader;
import io.kiln.schemas.TopicReader.Extent;
import io.kiln.schemas.TrainingStep;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.BiConsumer;
import java.util.function.ToLongFunction;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.clients.consumer.ConsumerRecord;

/**
 * Checks what the topics and the artifact store of a deployment hold against Kiln's guarantees:
 * each image is in each of its batches once, held out, or among the dead letters; batches are
 * trained on once, in order; versions are announced once, without gaps, with their files. Reads
 * committed records only and writes nothing.
 *
 * <p>A running deployment can be audited. The audit fixes the ends of the topics against the
 * direction of the data flow, so the records that a record depends on are always within the ends.
 */
public final class Audit {
    /**
     * How strict the audit is.
     *
     * @param complete whether the stream has ended: every image must be masked and every batch
     *     trained on
     * @param files whether to read the checkpoint files
     */
    public record Options(boolean complete, boolean files) {}

    /** How far the clocks of brokers, senders and jobs may differ from the one here. */
    private static final Duration CLOCKS = Duration.ofHours(1);

    private final KilnConfig config;
    private final Options options;
    private final Findings findings = new Findings();
    private final SchemaRegistry registry;
    private final ImageIdentity ids;

    /** Records written before this time may have been deleted by retention. */
    private final Instant deletable;

    private final BatchLedger batches;
    private final ImageLedger images;
    private final RunTrainers trainers;
    private final Map<String, RunLedger> runs = new TreeMap<>();
    private final CheckpointLedger checkpoints = new CheckpointLedger(runs, findings);

    private Audit(KilnConfig config, Options options) {
        this.config = config;
        this.options = options;
        this.registry = Clients.registry(config);
        this.ids = new ImageIdentity(config, registry);
        this.deletable = Instant.now().minus(config.topics().retention());
        this.trainers = new RunTrainers(config, registry);
        this.batches = new BatchLedger(config.topics().sparseBatches(), findings);
        this.images =
                new ImageLedger(
                        config.topics().images(),
                        config.masking().views(),
                        heldBack(config.masking()),
                        findings);
    }

    /**
     * Audits a deployment.
     *
     * @param config configuration of the deployment: kafka, registry, topics, masking.views
     * @throws io.kiln.schemas.BrokerException if the broker falls silent
     * @throws io.kiln.schemas.SchemaRegistryException if the registry does not answer
     */
    public static AuditReport of(KilnConfig config, Options options) {
        try (TopicReader reader = Clients.reader(config)) {
            return new Audit(config, options).run(reader);
        }
    }

    private static int heldBack(MaskingConfig masking) {
        return masking.shuffleBuffer() == 0 ? 0 : masking.shuffleBuffer() + masking.batchSize();
    }

    private AuditReport run(TopicReader reader) {
        TopicsConfig topics = config.topics();
        Extent events = reader.extent(topics.checkpoints());
        Extent steps = reader.extent(topics.trainingSteps());
        Extent masked = reader.extent(topics.sparseBatches());
        Extent heldOut =
                reader.exists(topics.holdout())
                        ? reader.extent(topics.holdout())
                        : new Extent(Map.of(), Map.of());
        Extent letters = reader.extent(topics.deadLetters());
        Extent held = reader.extent(topics.images());
        held.begins().forEach((p, offset) -> images.begins(p.partition(), offset));
        reader.read(held, this::image);
        masked.begins().forEach((p, offset) -> batches.begins(p.partition(), offset));
        reader.read(masked, decoding(topics.sparseBatches(), SparseBatch.class, this::batch));
        reader.read(heldOut, decoding(topics.holdout(), SparseBatch.class, this::heldOut));
        reader.read(letters, this::deadLetter);
        reader.read(steps, trainers::add);
        reader.read(steps, decoding(topics.trainingSteps(), TrainingStep.class, this::step));
        boolean allSteps = steps.begins().values().stream().allMatch(begin -> begin == 0);
        reader.read(
                events,
                decoding(
                        topics.checkpoints(),
                        CheckpointEvent.class,
                        (record, event) ->
                                checkpoints.add(
                                        event,
                                        place(record),
                                        allSteps && isYoung(event.getCreatedAt()))));
        long verified =
                options.files() ? checkpoints.verifyFiles(() -> updates(reader, events)) : -1;
        return settle(allSteps, verified);
    }

    /** Applies the checkpoint events since the end of their topic was fixed. */
    private void updates(TopicReader reader, Extent before) {
        String topic = config.topics().checkpoints();
        Extent now = reader.extent(topic);
        reader.read(
                now.from(before.ends()),
                decoding(
                        topic,
                        CheckpointEvent.class,
                        (record, event) -> checkpoints.update(event)));
    }

    private void image(ConsumerRecord<byte[], byte[]> record) {
        images.held(
                record.partition(),
                record.offset(),
                ids.of(record.value()),
                !isYoung(Instant.ofEpochMilli(record.timestamp())));
    }

    /** Whether retention cannot have deleted what was written since a time, by any clock. */
    private boolean isYoung(Instant time) {
        return time.isAfter(deletable.plus(CLOCKS));
    }

    private void batch(ConsumerRecord<byte[], byte[]> record, SparseBatch batch) {
        batches.held(record.partition(), record.offset(), batch);
        String place = place(record);
        for (ImageOrigin origin : batch.getImages()) {
            images.used(origin, place);
        }
    }

    private void heldOut(ConsumerRecord<byte[], byte[]> record, SparseBatch image) {
        String place = place(record);
        image.getImages().forEach(origin -> images.heldOut(origin, place));
    }

    private void deadLetter(ConsumerRecord<byte[], byte[]> record) {
        if (DeadLetters.isMark(record)) {
            return;
        }
        try {
            DeadLetterRecord letter = DeadLetterRecord.of(record);
            if (letter.topic().equals(config.topics().images())) {
                images.dead(letter.partition(), letter.position(), place(record));
            }
        } catch (IllegalArgumentException e) {
            findings.add(
                    Kind.UNEXPLAINED, place(record), "is not a dead letter: " + e.getMessage());
        }
    }

    private void step(ConsumerRecord<byte[], byte[]> record, TrainingStep step) {
        runs.computeIfAbsent(step.getRunId(), this::withoutSteps)
                .add(step, place(record), Instant.ofEpochMilli(record.timestamp()));
    }

    private RunLedger withoutSteps(String run) {
        return new RunLedger(run, trainers.of(run), batches, findings, deletable);
    }

    /**
     * @param allSteps whether training-steps holds every step since the first
     * @param verified number of checkpoint files that match their events; -1 if not read
     */
    private AuditReport settle(boolean allSteps, long verified) {
        ImageBalance balance =
                images.settle(
                        options.complete(),
                        batches.anyDeleted(),
                        ofAnyRun(RunLedger::imagesTrainedLately));
        if (balance.deletedEarly() > 0) {
            findings.add(
                    Kind.DELETED,
                    batches.topic(),
                    "batches with "
                            + balance.deletedEarly()
                            + " images younger than topics.retention have been deleted");
        }
        long deleted = balance.deletedViews() + balance.deletedEarly();
        long accounted = ofAnyRun(RunLedger::imagesOfDeletedBatches);
        boolean noneWaits = options.complete() || config.masking().shuffleBuffer() == 0;
        if (allSteps && noneWaits && deleted > accounted) {
            findings.add(
                    Kind.LOST,
                    batches.topic(),
                    "batches with "
                            + deleted
                            + " images have been deleted; the steps account for "
                            + accounted
                            + " of them, so the others were not trained on");
        }
        long batchesPending =
                runs.isEmpty()
                        ? withoutSteps(config.training().runId()).settle(options.complete())
                        : ofAnyRun(run -> run.settle(options.complete()));
        return new AuditReport(
                balance.held(),
                config.masking().views(),
                balance.views(),
                images.replayedViews(),
                balance.heldOut(),
                balance.deadLetters(),
                balance.pending(),
                batches.count(),
                batchesPending,
                runs.values().stream().mapToLong(RunLedger::steps).sum(),
                runs.values().stream().mapToLong(RunLedger::skipped).sum(),
                runs.size(),
                checkpoints.events(),
                checkpoints.retired(),
                verified,
                findings.counts(),
                findings.kept());
    }

    /** The highest figure of all runs; 0 if there is none. */
    private long ofAnyRun(ToLongFunction<RunLedger> figure) {
        return runs.values().stream().mapToLong(figure).max().orElse(0);
    }

    private <T extends SpecificRecord>
            java.util.function.Consumer<ConsumerRecord<byte[], byte[]>> decoding(
                    String topic,
                    Class<T> type,
                    BiConsumer<ConsumerRecord<byte[], byte[]>, T> action) {
        RecordDeserializer<T> deserializer = new RecordDeserializer<>(registry, type, topic);
        return record -> {
            T value;
            try {
                value = deserializer.read(record);
            } catch (RecordFormatException e) {
                if (topic.equals(config.topics().sparseBatches())) {
                    batches.foreign(record.partition(), record.offset());
                }
                findings.add(
                        Kind.UNEXPLAINED,
                        place(record),
                        "is not a " + type.getSimpleName() + ": " + e.getMessage());
                return;
            }
            action.accept(record, value);
        };
    }

    private static String place(ConsumerRecord<byte[], byte[]> record) {
        return Finding.place(record.topic(), record.partition(), record.offset());
    }
}
