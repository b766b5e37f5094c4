package io.kiln.operations.status;

import io.kiln.config.KilnConfig;
import io.kiln.kafka.Clients;
import io.kiln.operations.status.LearningReading.Rate;
import io.kiln.schemas.RecordDeserializer;
import io.kiln.schemas.TopicReader;
import io.kiln.schemas.TrainingStep;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.TopicPartition;

/** Reads the newest steps of a run. */
final class StepReader {
    /** How many of the last offsets of training-steps are read; other runs may share the topic. */
    private static final long RECENT = 2000;

    /** How many steps of the run loss and throughput are taken from. */
    private static final int STEPS = 200;

    /** How old a step is at most that throughput is measured by. */
    private static final Duration LAST_MINUTES = Duration.ofMinutes(10);

    private record TimedStep(Instant time, TrainingStep step) {}

    private final KilnConfig config;
    private final RecordDeserializer<TrainingStep> deserializer;
    private final Deque<TimedStep> steps = new ArrayDeque<>();
    private final Map<Integer, Integer> skipped = new HashMap<>();
    private final Map<Integer, Long> samples = new HashMap<>();
    private final Map<TopicPartition, Long> next = new HashMap<>();

    StepReader(KilnConfig config, TopicReader reader) {
        this.config = config;
        String topic = config.topics().trainingSteps();
        this.deserializer =
                new RecordDeserializer<>(Clients.registry(config), TrainingStep.class, topic);
        byte[] key = config.training().runId().getBytes(StandardCharsets.UTF_8);
        reader.read(
                reader.extent(topic).newest(RECENT),
                record -> {
                    if (Arrays.equals(record.key(), key)) {
                        add(record);
                    }
                });
    }

    private void add(ConsumerRecord<byte[], byte[]> record) {
        deserializer
                .readOrPassOver(record)
                .filter(this::isOfThisModel)
                .ifPresent(
                        step -> add(new TimedStep(Instant.ofEpochMilli(record.timestamp()), step)));
    }

    private void add(TimedStep timed) {
        steps.add(timed);
        if (steps.size() > STEPS) {
            steps.remove();
        }
        TrainingStep step = timed.step();
        int trainer = config.topics().trainerOf(step.getBatchPartition());
        skipped.put(trainer, step.getSkipped() ? skipped.getOrDefault(trainer, 0) + 1 : 0);
        samples.put(trainer, step.getSamplesSeen());
        next.merge(
                new TopicPartition(config.topics().sparseBatches(), step.getBatchPartition()),
                step.getBatchOffset() + 1,
                Math::max);
    }

    private boolean isOfThisModel(TrainingStep step) {
        return step.getModel().isEmpty() || step.getModel().equals(config.model().name());
    }

    /** The offset behind the last batch of each partition that a recent step was taken on. */
    Map<TopicPartition, Long> next() {
        return next;
    }

    /** What the steps tell; empty if the run has taken none. */
    Optional<LearningReading> learning(Instant now) {
        if (steps.isEmpty()) {
            return Optional.empty();
        }
        List<Double> losses = new ArrayList<>();
        List<TimedStep> recent = new ArrayList<>();
        for (TimedStep timed : steps) {
            TrainingStep step = timed.step();
            if (!step.getSkipped()) {
                losses.add(step.getLoss());
            }
            if (timed.time().isAfter(now.minus(LAST_MINUTES)) && step.getImages() > 0) {
                recent.add(timed);
            }
        }
        return Optional.of(
                new LearningReading(
                        steps.stream().mapToLong(timed -> timed.step().getStep()).max().orElse(0),
                        samples.values().stream().mapToLong(Long::longValue).sum(),
                        steps.getLast().time(),
                        Loss.of(losses),
                        Collections.max(skipped.values()),
                        config.topics().trainers() == 1 ? rate(recent) : rateOfAll(recent)));
    }

    private static Optional<Rate> rate(List<TimedStep> recent) {
        double images = 0;
        double seconds = 0;
        double waited = 0;
        for (TimedStep timed : recent) {
            double all = seconds(timed.step());
            images += timed.step().getImages();
            seconds += all;
            waited += all * timed.step().getWaitShare();
        }
        return seconds > 0
                ? Optional.of(new Rate(recent.size(), images / seconds, waited / seconds))
                : Optional.empty();
    }

    /** Trainers step at the same time: what all do in a second takes the time that passed. */
    private static Optional<Rate> rateOfAll(List<TimedStep> recent) {
        if (recent.size() < 2) {
            return Optional.empty();
        }
        Instant first = recent.get(0).time();
        Instant last = recent.get(recent.size() - 1).time();
        double passed = Duration.between(first, last).toMillis() / 1e3;
        double images = recent.stream().skip(1).mapToDouble(t -> t.step().getImages()).sum();
        return rate(recent)
                .filter(rate -> passed > 0)
                .map(rate -> new Rate(recent.size(), images / passed, rate.waitShare()));
    }

    /** Of a step and of the wait for its batch. */
    private static double seconds(TrainingStep step) {
        double waitShare = step.getWaitShare();
        return waitShare < 1 ? step.getSeconds() / (1 - waitShare) : 0;
    }
}
