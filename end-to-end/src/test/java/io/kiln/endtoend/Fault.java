package io.kiln.endtoend;

import static org.assertj.core.api.Assertions.assertThat;

import io.kiln.local.ManagedProcess;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;

/**
 * Faults to inject under a job. Each repairs the deployment, except for the standby task manager.
 */
enum Fault {
    WORKER_KILLED("kill -9 of the active task manager") {
        @Override
        void inject(Target target) {
            target.worker().kill();
        }
    },
    WORKER_FROZEN("task manager frozen until it was replaced, then thawed") {
        @Override
        void inject(Target target) {
            target.deployment().awaitStandby();
            ManagedProcess worker = target.worker();
            long since = System.currentTimeMillis();
            Signals.freeze(worker);
            try {
                target.recovered(target.jobs().secondsToCheckpoint(target.job(), since));
            } finally {
                Signals.thaw(worker);
            }
            target.deployment().awaitReturn(worker);
        }
    },
    JOB_MANAGER_KILLED("kill -9 of the job manager") {
        @Override
        void inject(Target target) {
            target.deployment().flink().jobManager().kill();
            target.deployment().flink().restartJobManager();
        }
    },
    BROKER_KILLED("kill -9 of the broker") {
        @Override
        void inject(Target target) {
            target.deployment().broker().process().kill();
            target.deployment().broker().restart();
        }
    },
    BROKER_FROZEN("broker frozen for a while") {
        @Override
        void inject(Target target) throws Exception {
            ManagedProcess broker = target.deployment().broker().process();
            Signals.freeze(broker);
            try {
                TimeUnit.SECONDS.sleep(Long.getLong("kiln.faults.outageSeconds", 10));
            } finally {
                Signals.thaw(broker);
            }
        }
    },
    REGISTRY_KILLED("kill -9 of the registry and of the active task manager") {
        @Override
        void inject(Target target) {
            long since = System.currentTimeMillis();
            target.deployment().registry().process().kill();
            target.worker().kill();
            target.jobs().awaitFailure(target.job(), since);
            target.deployment().registry().restart();
        }
    },
    KILLED_WHILE_WRITING_FILES("kill -9 of the trainer while it writes files") {
        @Override
        void inject(Target target) {
            ManagedProcess worker = target.publisher();
            CheckpointMoment.whileWritingFiles(worker, target.artifacts());
            target.injectedNow();
            worker.kill();
        }
    },
    KILLED_BETWEEN_FILES_AND_COMMIT("kill -9 of the trainer between files and commit") {
        @Override
        void inject(Target target) {
            ManagedProcess worker = target.publisher();
            CheckpointMoment.betweenFilesAndCommit(
                    worker,
                    target.artifacts(),
                    folder -> target.isUnannounced(CheckpointMoment.number(folder)));
            target.injectedNow();
            worker.kill();
        }
    },
    KILLED_BETWEEN_COMMIT_AND_NOTIFICATION(
            "kill -9 of the trainer between commit and notification") {
        @Override
        void inject(Target target) {
            ManagedProcess worker = target.committer();
            Path checkpoint =
                    CheckpointMoment.betweenCommitAndNotification(
                            worker,
                            target.checkpoints(),
                            folder ->
                                    target.isCheckpointUnannounced(
                                            CheckpointMoment.number(folder)));
            target.pendingCheckpoint(CheckpointMoment.number(checkpoint));
            target.injectedNow();
            worker.kill();
        }
    },
    STORE_BROKEN("artifact store not writable") {
        @Override
        void inject(Target target) throws Exception {
            Path folder = target.artifacts();
            Path aside = folder.resolveSibling(folder.getFileName() + ".aside");
            long since = System.currentTimeMillis();
            Files.move(folder, aside);
            Files.writeString(folder, "in the way");
            try {
                assertThat(target.jobs().awaitFailure(target.job(), since))
                        .contains(folder.toString());
            } finally {
                Files.delete(folder);
                Files.move(aside, folder);
            }
        }
    },
    STOPPED_WITH_SAVEPOINT("stop with savepoint, start from it") {
        @Override
        void inject(Target target) throws Exception {
            target.resumeFrom(target.jobs().stop(target.job(), target.deployment().savepoints()));
        }
    },
    RESUBMITTED("cancelled, started from the last retained checkpoint") {
        @Override
        void inject(Target target) throws Exception {
            target.jobs().cancel(target.job());
            target.resumeFrom(
                    CheckpointMoment.lastComplete(target.checkpoints()).toUri().toString());
        }
    },
    UPGRADED(
            "started by an earlier Kiln, stopped with savepoint, resumed by this one",
            () -> earlierKiln().isPresent()) {
        @Override
        void inject(Target target) throws Exception {
            STOPPED_WITH_SAVEPOINT.inject(target);
        }

        @Override
        Optional<Path> earlierCheckout() {
            return earlierKiln();
        }
    },
    UPGRADED_IN_PLACE("kiln upgrade") {
        @Override
        void inject(Target target) {
            target.upgrade();
        }
    },
    DISK_FULL("artifact store on a full disk", SmallDisk::isAllowed) {
        @Override
        void inject(Target target) throws Exception {
            failUnder(target, "size=4k", "No space left on device");
        }
    },
    DISK_READ_ONLY("artifact store on a read-only disk", SmallDisk::isAllowed) {
        @Override
        void inject(Target target) throws Exception {
            failUnder(target, "ro", "Mkdirs failed");
        }
    },
    KILLED_BEFORE_ANNOUNCEMENT("kill -9 of a trainer between writing a change and announcing it") {
        @Override
        void inject(Target target) {
            ManagedProcess worker = target.worker();
            try (TrainerChanges changes = target.changes()) {
                CheckpointMoment.betweenChangeAndAnnouncement(
                        worker,
                        target.artifacts().resolve("updates"),
                        target.trainer(),
                        changes::isUnannounced);
            }
            target.injectedNow();
            worker.kill();
        }
    },
    ANNOUNCED_TWICE("changes announced twice") {
        @Override
        void inject(Target target) throws Exception {
            try (TrainerChanges changes = target.changes()) {
                changes.announceAgain(12);
            }
        }
    };

    /** Faults of changes, which only several trainers announce. */
    private static final Set<Fault> OF_CHANGES =
            EnumSet.of(KILLED_BEFORE_ANNOUNCEMENT, ANNOUNCED_TWICE);

    private final String title;
    private final Optional<BooleanSupplier> condition;

    /** A fault that needs no privileges. */
    Fault(String title) {
        this.title = title;
        this.condition = Optional.empty();
    }

    /** A fault that needs privileges or an earlier version of Kiln. */
    Fault(String title, BooleanSupplier condition) {
        this.title = title;
        this.condition = Optional.of(condition);
    }

    String title() {
        return title;
    }

    /** The faults that need no privileges, of one trainer. */
    static List<Fault> anywhere() {
        return ofOneTrainer().stream().filter(fault -> fault.condition.isEmpty()).toList();
    }

    /** The faults that need no privileges, of several trainers. */
    static List<Fault> ofTrainers() {
        return Stream.of(values()).filter(fault -> fault.condition.isEmpty()).toList();
    }

    /** All faults but those of changes. */
    static Set<Fault> ofOneTrainer() {
        return EnumSet.complementOf(EnumSet.copyOf(OF_CHANGES));
    }

    /** Whether it can be injected on this machine. */
    boolean isPossible() {
        return condition.map(BooleanSupplier::getAsBoolean).orElse(true);
    }

    /** The built checkout of an earlier Kiln that starts the job, if not this one. */
    Optional<Path> earlierCheckout() {
        return Optional.empty();
    }

    private static Optional<Path> earlierKiln() {
        return Optional.ofNullable(System.getProperty("kiln.faults.earlier")).map(Path::of);
    }

    private static void failUnder(Target target, String options, String reason) throws Exception {
        long since = System.currentTimeMillis();
        try (SmallDisk disk = SmallDisk.over(target.artifacts(), options)) {
            assertThat(target.jobs().awaitFailure(target.job(), since))
                    .contains(disk.folder().toString(), reason);
        }
    }

    /** Injects the fault, and repairs what does not recover by itself. */
    abstract void inject(Target target) throws Exception;
}
