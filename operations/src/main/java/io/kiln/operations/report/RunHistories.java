package io.kiln.operations.report;

import io.kiln.checkpoints.ArtifactMismatchException;
import io.kiln.checkpoints.ArtifactStores;
import io.kiln.config.ConfigKeys;
import io.kiln.config.KilnConfig;
import io.kiln.kafka.Clients;
import io.kiln.operations.OperationException;
import io.kiln.operations.checkpoints.PublishedVersion;
import io.kiln.operations.checkpoints.RunEvaluations;
import io.kiln.operations.checkpoints.RunName;
import io.kiln.operations.checkpoints.RunVersions;
import io.kiln.operations.checkpoints.TrainerCount;
import io.kiln.operations.deadletters.DeadLetterRecord;
import io.kiln.operations.deadletters.DeadLetters;
import io.kiln.schemas.CheckpointEvent;
import io.kiln.schemas.CheckpointEvents;
import io.kiln.schemas.FileRole;
import io.kiln.schemas.TopicReader;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Reads the histories of runs from the topics and the artifact store of a deployment, as often as
 * asked; steps are read once. Writes nothing there. Thread-safe.
 */
public final class RunHistories implements AutoCloseable {
    /** How many of the newest dead letters are read. */
    private static final long DEAD_LETTERS = 200;

    private final KilnConfig config;
    private final List<RunName> names;
    private final Path copies;
    private final ArtifactStores store;
    private final StepLog committed;
    private final StepLog asTaken;
    private final Map<RunName, List<StepPoint>> steps = new HashMap<>();
    private final Map<RunName, TrainerCount> counted = new HashMap<>();
    private final Map<RunName, Interruptions> interruptions = new HashMap<>();
    private final Set<RunName> known = new LinkedHashSet<>();
    private final List<String> notes = new ArrayList<>();

    /**
     * Opens a deployment.
     *
     * @param names the runs that are meant
     * @param copies folder for copies of files of the artifact store
     * @throws io.kiln.schemas.BrokerException if no broker answers, or a topic is missing
     */
    public RunHistories(KilnConfig config, List<RunName> names, Path copies) {
        this.config = config;
        this.names = List.copyOf(names);
        this.copies = copies;
        this.store = ArtifactStores.only(List.of(URI.create(config.checkpoints().artifacts())));
        Clients.requireTopics(
                config,
                List.of(
                        config.topics().trainingSteps(),
                        config.topics().checkpoints(),
                        config.topics().deadLetters()));
        this.committed = new StepLog(config, Clients.reader(config));
        this.asTaken = new StepLog(config, Clients.uncommittedReader(config));
        for (RunName name : names) {
            steps.put(name, new ArrayList<>());
            counted.put(name, new TrainerCount());
        }
    }

    /**
     * Reads what there is now.
     *
     * @throws OperationException if there is neither a step nor a version of a run
     */
    public synchronized RunReading read() {
        notes.clear();
        committed.update(
                (name, step) -> {
                    known.add(name);
                    of(name).ifPresent(own -> add(own, step));
                });
        readAsTaken();
        List<RunHistory> runs = names.stream().map(this::history).toList();
        requireAll(runs);
        return new RunReading(runs, deadLetters(), notes);
    }

    /** The run that is meant; steps of Kiln before it told the model are of any model. */
    private Optional<RunName> of(RunName name) {
        return names.stream()
                .filter(n -> n.run().equals(name.run()))
                .filter(n -> name.model().isEmpty() || name.model().equals(n.model()))
                .findFirst();
    }

    private List<StepPoint> steps(RunName name) {
        return steps.getOrDefault(name, List.of());
    }

    private void add(RunName name, StepPoint step) {
        steps(name).add(step);
        count(name).add(step.batchPartition(), step.step(), step.skipped());
    }

    private TrainerCount count(RunName name) {
        return Objects.requireNonNull(counted.get(name));
    }

    /** As is configured, or as its steps tell if another run is. */
    private int trainers(RunName name) {
        return name.equals(RunName.of(config))
                ? config.topics().trainers()
                : count(name).trainers();
    }

    /** From the beginning again if a run has other trainers than its steps told before. */
    private void readAsTaken() {
        if (names.stream().anyMatch(name -> taken(name).trainers() != trainers(name))) {
            interruptions.clear();
            asTaken.rewind();
        }
        asTaken.update((name, step) -> of(name).ifPresent(own -> taken(own).add(step)));
    }

    private Interruptions taken(RunName name) {
        return interruptions.computeIfAbsent(name, n -> new Interruptions(trainers(n)));
    }

    private void requireAll(List<RunHistory> runs) {
        List<RunName> absent =
                runs.stream()
                        .filter(run -> run.steps().isEmpty() && run.events().isEmpty())
                        .map(RunHistory::name)
                        .toList();
        if (!absent.isEmpty()) {
            throw new OperationException(
                    "there is no run "
                            + joined(absent)
                            + (known.isEmpty()
                                    ? "; " + config.topics().trainingSteps() + " holds no step"
                                    : "; the runs that took steps are " + joined(known)));
        }
    }

    private static String joined(Collection<RunName> names) {
        return names.stream().map(RunName::toString).collect(Collectors.joining(", "));
    }

    private RunHistory history(RunName name) {
        Collection<PublishedVersion> versions = new RunVersions(config, name).all();
        List<CheckpointEvent> events = versions.stream().map(PublishedVersion::current).toList();
        List<StepPoint> own = steps(name);
        if (!own.isEmpty() && own.get(0).step() > 1) {
            notes.add(
                    name
                            + ": "
                            + config.topics().trainingSteps()
                            + " holds the steps from "
                            + Numbers.grouped(own.get(0).step())
                            + " on; older ones have been deleted (topics.retention)");
        }
        List<CheckpointEvent> kept =
                versions.stream()
                        .filter(PublishedVersion::isKept)
                        .map(PublishedVersion::event)
                        .toList();
        List<ConfigKeys.Entry> configuration =
                RunConfiguration.of(
                        config, name, last(kept).flatMap(e -> fetch(e, FileRole.CONFIGURATION)));
        return new RunHistory(
                name,
                trainers(name),
                own,
                events,
                taken(name)
                        .found(
                                events.stream()
                                        .map(CheckpointEvent::getStep)
                                        .collect(Collectors.toSet()),
                                roundSteps(configuration)),
                RunEvaluations.of(config, name).byVersion(),
                pictures(kept),
                configuration);
    }

    /** As is configured, unless it is known of the run. */
    private int roundSteps(List<ConfigKeys.Entry> configuration) {
        return configuration.stream()
                .filter(entry -> entry.path().equals("training.round.steps"))
                .map(entry -> Integer.parseInt(entry.value()))
                .findFirst()
                .orElse(config.training().round().steps());
    }

    private static Optional<CheckpointEvent> last(List<CheckpointEvent> events) {
        return events.stream().reduce((older, newer) -> newer);
    }

    private Map<Long, Path> pictures(List<CheckpointEvent> kept) {
        Map<Long, Path> pictures = new HashMap<>();
        for (CheckpointEvent event :
                ReconstructionTable.shown(
                        kept.stream().filter(e -> has(e, FileRole.RECONSTRUCTIONS)).toList())) {
            fetch(event, FileRole.RECONSTRUCTIONS)
                    .ifPresent(file -> pictures.put(event.getVersion(), file));
        }
        return pictures;
    }

    private static boolean has(CheckpointEvent event, FileRole role) {
        return CheckpointEvents.file(event, role).isPresent();
    }

    /** A verified copy of a file; empty, with a note, if it cannot be had. */
    private Optional<Path> fetch(CheckpointEvent event, FileRole role) {
        if (!has(event, role)) {
            return Optional.empty();
        }
        RunName name = new RunName(event.getModel(), event.getRunId());
        try {
            Path folder = copies.resolve("run-" + names.indexOf(name));
            return Optional.of(store.fetch(event, role, folder));
        } catch (IOException | ArtifactMismatchException e) {
            notes.add(name + " v" + event.getVersion() + ": " + e.getMessage());
            return Optional.empty();
        }
    }

    private List<DeadLetterRecord> deadLetters() {
        List<DeadLetterRecord> letters = new ArrayList<>();
        try (TopicReader reader = Clients.reader(config)) {
            reader.read(
                    reader.extent(config.topics().deadLetters()).newest(DEAD_LETTERS),
                    record -> {
                        if (!DeadLetters.isMark(record)) {
                            DeadLetters.parsed(record).ifPresent(letters::add);
                        }
                    });
        }
        Collections.reverse(letters);
        return letters;
    }

    @Override
    public synchronized void close() {
        committed.close();
        asTaken.close();
    }
}
