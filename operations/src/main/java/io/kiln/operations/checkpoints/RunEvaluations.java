package io.kiln.operations.checkpoints;

import io.kiln.config.KilnConfig;
import io.kiln.kafka.Clients;
import io.kiln.operations.OperationException;
import io.kiln.schemas.Evaluation;
import io.kiln.schemas.ProbeErrors;
import io.kiln.schemas.ProbeFigures;
import io.kiln.schemas.RecordDeserializer;
import io.kiln.schemas.TopicReader;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Stream;

/** The evaluations of the versions of the configured run. */
public final class RunEvaluations {
    private final Map<Long, Evaluation> byVersion;

    private RunEvaluations(Map<Long, Evaluation> byVersion) {
        this.byVersion = byVersion;
    }

    /**
     * Reads the evaluations; there are none if there is no topic of them. The first of a version
     * stands.
     *
     * @param config configuration of the deployment; model.name and training.runId select the run
     */
    public static RunEvaluations of(KilnConfig config) {
        return of(config, RunName.of(config));
    }

    /** As {@link #of(KilnConfig)}, of another run of the deployment. */
    public static RunEvaluations of(KilnConfig config, RunName run) {
        String topic = config.topics().evaluations();
        Map<Long, Evaluation> found = new TreeMap<>();
        try (TopicReader reader = Clients.reader(config)) {
            if (reader.exists(topic)) {
                RecordDeserializer<Evaluation> deserializer =
                        new RecordDeserializer<>(Clients.registry(config), Evaluation.class, topic);
                reader.read(
                        reader.extent(topic),
                        record ->
                                deserializer
                                        .readOrPassOver(record)
                                        .filter(e -> run.equals(name(e)))
                                        .ifPresent(e -> found.putIfAbsent(e.getVersion(), e)));
            }
        }
        return new RunEvaluations(found);
    }

    private static RunName name(Evaluation evaluation) {
        return new RunName(evaluation.getModel(), evaluation.getRunId());
    }

    /** All of them by version. */
    public Map<Long, Evaluation> byVersion() {
        return Map.copyOf(byVersion);
    }

    /** Whether no version has an evaluation. */
    public boolean isEmpty() {
        return byVersion.isEmpty();
    }

    /** Whether a version was probed. */
    public boolean hasProbe() {
        return byVersion.values().stream().anyMatch(one -> one.getProbe() != null);
    }

    /** Whether a version was compared with the one promoted before. */
    public boolean hasVerdict() {
        return byVersion.values().stream().anyMatch(one -> one.getCompatibility() != null);
    }

    /** Whether it was looked whether images have changed. */
    public boolean hasDrift() {
        return byVersion.values().stream().anyMatch(one -> one.getDrift() != null);
    }

    /** Whether a version was measured on eras. */
    public boolean hasEras() {
        return byVersion.values().stream().anyMatch(one -> !one.getEras().isEmpty());
    }

    /**
     * How much a version's loss on earlier eras has fallen since they were over; below 0 if it has
     * forgotten. Empty if fewer than two eras are over.
     */
    public Optional<Double> backwardTransfer(long version) {
        return BackwardTransfer.of(
                byVersion.values().stream()
                        .filter(one -> one.getVersion() <= version)
                        .sorted(Comparator.comparingLong(Evaluation::getVersion))
                        .toList());
    }

    /** The evaluation of a version, if it has one. */
    public Optional<Evaluation> of(long version) {
        return Optional.ofNullable(byVersion.get(version));
    }

    /**
     * The evaluation of the best version. Where versions were probed, those count that are within
     * one standard error of the highest linear accuracy on the pictures of the newest probe. Of
     * those that count, the one with the lowest holdout loss on the anchors is the best; the newer
     * one of equals.
     *
     * @param versions those that may be named; versions whose files are not kept are left out
     * @throws OperationException if none of them has such a figure
     */
    public Evaluation best(Collection<PublishedVersion> versions) {
        List<Evaluation> kept =
                versions.stream()
                        .filter(PublishedVersion::isKept)
                        .flatMap(version -> of(version.event().getVersion()).stream())
                        .filter(evaluation -> evaluation.getAnchors().getLoss() != null)
                        .toList();
        return bestProbed(kept).stream()
                .min(
                        Comparator.comparingDouble(RunEvaluations::loss)
                                .thenComparing(
                                        Comparator.comparingLong(Evaluation::getVersion)
                                                .reversed()))
                .orElseThrow(
                        () ->
                                new OperationException(
                                        "no version whose files are kept has a holdout loss; hold out images"
                                                + " (evaluation.holdoutShare) and run kiln submit evaluation"));
    }

    /** Those whose accuracy is about the highest; all if none was probed. */
    private static List<Evaluation> bestProbed(List<Evaluation> all) {
        Optional<ProbeFigures> newest =
                all.stream()
                        .sorted(Comparator.comparingLong(Evaluation::getVersion).reversed())
                        .flatMap(one -> Stream.ofNullable(one.getProbe()))
                        .findFirst();
        if (newest.isEmpty()) {
            return all;
        }
        List<Evaluation> probed =
                all.stream()
                        .filter(one -> one.getProbe() != null)
                        .filter(
                                one ->
                                        one.getProbe()
                                                .getPicturesId()
                                                .equals(newest.get().getPicturesId()))
                        .toList();
        ProbeFigures highest =
                probed.stream()
                        .map(Evaluation::getProbe)
                        .max(Comparator.comparingDouble(ProbeFigures::getLinear))
                        .orElseThrow();
        double least = highest.getLinear() - ProbeErrors.ofLinear(highest);
        return probed.stream().filter(one -> one.getProbe().getLinear() >= least).toList();
    }

    private static double loss(Evaluation evaluation) {
        Double loss = evaluation.getAnchors().getLoss();
        return loss == null ? Double.POSITIVE_INFINITY : loss;
    }
}
