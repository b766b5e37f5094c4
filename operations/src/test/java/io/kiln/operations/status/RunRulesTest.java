package io.kiln.operations.status;

import static org.assertj.core.api.Assertions.assertThat;

import io.kiln.config.KilnConfig;
import io.kiln.kafka.KilnJob;
import io.kiln.operations.status.JobReading.Failure;
import io.kiln.operations.status.JobReading.FlinkCheckpoint;
import io.kiln.operations.status.LearningReading.Rate;
import io.kiln.operations.status.StreamReading.Lag;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Readings of a run that is well, each time with one thing changed. */
class RunRulesTest {
    private static final Instant NOW = Instant.parse("2026-03-01T12:00:00Z");

    private KilnConfig config = KilnConfig.defaults();
    private FlinkReading flink = new FlinkReading("http://f:8081", 2, 4, 2);
    private JobReading masking = job(KilnJob.MASKING, "RUNNING", 4, List.of());
    private JobReading training = job(KilnJob.TRAINING, "RUNNING", 4, List.of());
    private Lag images = Lag.NONE;
    private Lag batches = Lag.NONE;
    private Optional<Duration> kept = Optional.of(config.topics().retention());
    private Instant lastBatch = ago(2);
    private long deadLetters;
    private long step = 1500;
    private Instant lastStep = ago(2);
    private List<Double> losses = Collections.nCopies(200, 0.5);
    private int skipped;
    private Rate rate = new Rate(100, 80, 0.1);
    private Instant created = ago(60);
    private long free = 50_000_000_000L;

    private static Instant ago(long seconds) {
        return NOW.minusSeconds(seconds);
    }

    private static JobReading job(KilnJob job, String state, int running, List<Failure> failures) {
        return new JobReading(
                job,
                "1a2b",
                "http://f:8081/#/job/running/1a2b/overview",
                state,
                4,
                running,
                failures.size(),
                failures,
                Optional.of(new FlinkCheckpoint(7, ago(5), 1_000_000)),
                ago(3600));
    }

    private RunStatus status() {
        return new RunStatus(
                NOW,
                Optional.of(flink),
                List.of(masking, training),
                Optional.of(
                        new StreamReading(
                                images,
                                batches,
                                kept,
                                kept,
                                Optional.of(ago(1)),
                                Optional.of(lastBatch),
                                1000,
                                deadLetters,
                                deadLetters == 0 ? Map.of() : Map.of("TRUNCATED", deadLetters))),
                Optional.of(
                        new LearningReading(
                                step,
                                64 * step,
                                lastStep,
                                Loss.of(losses),
                                skipped,
                                Optional.of(rate))),
                Optional.of(new VersionsReading(1, 1000, created, 1, 2_000_000, 2_000_000)),
                List.of(new DiskReading("/data", free, 100_000_000_000L)),
                List.of());
    }

    private void requireProblem(String what, String advice) {
        assertThat(RunRules.problems(config, status()))
                .singleElement()
                .satisfies(
                        problem -> {
                            assertThat(problem.what()).contains(what);
                            assertThat(problem.advice()).contains(advice);
                        });
    }

    private void requireNone() {
        assertThat(RunRules.problems(config, status())).isEmpty();
    }

    @Test
    void allIsWell() {
        requireNone();
    }

    @Test
    void noTaskManagerIsOneProblemWhateverTheJobsSay() {
        flink = new FlinkReading("http://f:8081", 0, 0, 0);
        training = loop(KilnJob.TRAINING, "NoResourceAvailableException: none");
        requireProblem(
                "no task manager is registered with Flink at http://f:8081; 2 jobs wait for one",
                "start");
        training = job(KilnJob.TRAINING, "FINISHED", 4, List.of());
        requireProblem("; 1 job waits for one", "start");
    }

    private static JobReading loop(KilnJob job, String cause) {
        return job(
                job,
                "RESTARTING",
                0,
                List.of(
                        new Failure(ago(2), cause),
                        new Failure(ago(4), cause),
                        new Failure(ago(6), cause)));
    }

    @Test
    void threeFailuresInTenMinutesAreALoop() {
        training = loop(KilnJob.TRAINING, "the cause of it\nin two lines");
        requireProblem(
                "the training job restarts again and again, 3 times in the last 10 min: the cause of it",
                "fix the cause");
    }

    @Test
    void aFullDiskIsToldByTheRestartsItCauses() {
        training = loop(KilnJob.TRAINING, "java.io.IOException: No space left on device");
        requireProblem("No space left on device", "make room on that disk");
    }

    @Test
    void twoFailuresAreNoLoopOnceTheJobRuns() {
        training =
                job(
                        KilnJob.TRAINING,
                        "RUNNING",
                        4,
                        List.of(
                                new Failure(ago(200), "x"),
                                new Failure(ago(300), "x"),
                                new Failure(ago(601), "x")));
        requireNone();
    }

    @Test
    void aJobOfWhichNotAllTasksRunDoesNotRun() {
        masking = job(KilnJob.MASKING, "RUNNING", 3, List.of());
        requireProblem("the masking job does not run: 3 of 4 tasks do", "see http://f:8081");
        masking = job(KilnJob.MASKING, "RESTARTING", 0, List.of(new Failure(ago(1), "why")));
        requireProblem("its last failure: why", "fix the cause");
    }

    @Test
    void aJobThatIsNotThereIsTold() {
        training = JobReading.absent(KilnJob.TRAINING);
        requireProblem("not on the Flink cluster", "kiln submit training --from latest");
        training = job(KilnJob.TRAINING, "FAILED", 0, List.of(new Failure(ago(9), "refused")));
        requireProblem("the training job has failed for good: refused", "do what the message says");
        training = job(KilnJob.TRAINING, "FINISHED", 4, List.of());
        requireProblem("has ended (FINISHED)", "kiln submit training --from latest");
    }

    @Test
    void aJobWithoutFlinkCheckpointsIsTold() {
        training =
                new JobReading(
                        KilnJob.TRAINING,
                        "1a2b",
                        "page",
                        "RUNNING",
                        4,
                        4,
                        0,
                        List.of(),
                        Optional.empty(),
                        ago(400));
        requireProblem("has completed no Flink checkpoint for 7 min", "see Checkpoints on page");
    }

    @Test
    void aTrainerStarvesIfItWaitsForMoreThanHalfOfItsTime() {
        rate = new Rate(10, 8, 0.51);
        requireProblem("the trainer starves: it waits for batches in 51 %", "send images faster");
        images = new Lag(3, Optional.of(Duration.ofSeconds(40)));
        requireProblem("the trainer starves", "send images faster"); // they are under way
        images = new Lag(300, Optional.of(Duration.ofSeconds(41)));
        requireProblem("the trainer starves", "raise flink.maskingParallelism");
        rate = new Rate(9, 8, 0.9);
        requireNone();
        rate = new Rate(10, 8, 0.5);
        requireNone();
    }

    @Test
    void aStageThatStandsStillIsTold() {
        images = new Lag(3, Optional.of(Duration.ofMinutes(6)));
        requireNone(); // batches are made
        lastBatch = ago(360);
        requireProblem("no batch is made, although 3 images wait", "masking job's page");
        images = Lag.NONE;
        batches = new Lag(14, Optional.of(Duration.ofMinutes(6)));
        lastStep = ago(360);
        requireProblem("no step has been committed for 6 min, although 14 batches wait", "page");
    }

    @Test
    void batchesThatWaitForTheirTurnWhileNothingComesAreNoStandstill() {
        config =
                KilnConfig.parse(
                        "", List.of("topics.imagePartitions=2", "topics.partitionsPerTrainer=4"));
        lastStep = ago(8 * 3600);
        batches = waiting(6);
        requireNone();
        batches = waiting(7);
        requireProblem("no step has been committed for 8.0 h, although 7 batches wait", "page");
        config =
                KilnConfig.parse("", List.of("topics.trainers=4", "topics.partitionsPerTrainer=2"));
        batches = waiting(2 * 28 + 8); // so many are counted with markers of transactions
        requireNone();
        batches = waiting(2 * 28 + 9);
        requireProblem("no step has been committed for 8.0 h, although 65 batches wait", "page");
        config =
                KilnConfig.parse(
                        "",
                        List.of(
                                "flink.maskingParallelism=16",
                                "topics.imagePartitions=16",
                                "topics.partitionsPerTrainer=2"));
        batches = waiting(35); // 16 batches, a marker behind each, and more of one commit
        requireNone();
        batches = waiting(2 * 16 + 2 * 16 + 1);
        requireProblem("no step has been committed for 8.0 h, although 65 batches wait", "page");
    }

    private static Lag waiting(long batches) {
        return new Lag(batches, Optional.of(Duration.ofHours(8)));
    }

    @Test
    void whatWaitsForHalfTheRetentionIsTold() {
        images = new Lag(9_000, Optional.of(Duration.ofHours(85)));
        requireProblem("images that is not masked has waited for 3.5 d", "retention.ms");
    }

    @Test
    void theRetentionIsThatOfTheTopic() {
        images = new Lag(9_000, Optional.of(Duration.ofHours(85)));
        kept = Optional.of(Duration.ofDays(30));
        requireNone();
        kept = Optional.empty();
        requireNone();
        images = new Lag(9_000, Optional.of(Duration.ofHours(2)));
        kept = Optional.of(Duration.ofHours(3));
        requireProblem("Kafka deletes records after 3.0 h", "retention.ms");
    }

    @Test
    void aRisingLossIsToldOnceItIsMoreThanChance() {
        losses = new ArrayList<>(Collections.nCopies(100, 0.5));
        losses.addAll(Collections.nCopies(100, 0.56));
        requireProblem("the loss rises: 0.5600", "peakLearningRate");
        losses = new ArrayList<>(Collections.nCopies(100, 0.5));
        losses.addAll(Collections.nCopies(100, 0.54));
        requireNone();
        losses = IntStream.range(0, 200).mapToObj(i -> i == 150 ? 20.0 : 0.5 + i % 2).toList();
        requireNone();
    }

    @Test
    void batchesThatAreSkippedAreTold() {
        skipped = 2;
        requireProblem("the last 2 batches", "training.maxSkippedInARow");
    }

    @Test
    void deadLettersAreToldFromAShareOn() {
        deadLetters = 50;
        requireNone();
        deadLetters = 51;
        requireProblem("51 dead letters in the last hour", "kiln dlq list");
    }

    @Test
    void anOverdueEventIsTold() {
        step = 3000;
        requireNone(); // the last one is a minute old
        created = ago(600);
        requireProblem("no checkpoint event for 2,000 steps", "checkpoints.maxLoss");
    }

    @Test
    void anEventOfSeveralTrainersIsDueAtTheEndOfARound() {
        config =
                KilnConfig.parse(
                        "",
                        List.of(
                                "topics.trainers=4",
                                "training.round.steps=475",
                                "checkpoints.everySteps=100"));
        created = ago(600);
        step = 1949;
        requireNone();
        step = 1950;
        requireProblem(
                "no checkpoint event for 950 steps; one is due every 475"
                        + " (checkpoints.everySteps, rounded up to whole rounds)",
                "checkpoints.maxLoss");
    }

    @Test
    void aDiskThatIsNearlyFullIsTold() {
        free = 4_900_000_000L;
        requireProblem("the disk of /data is nearly full: 4.9 GB of 100 GB are free", "keepLast");
    }

    @Test
    void whatCannotBeReadIsAProblemAndTheRestIsJudgedAllTheSame() {
        Problem away = new Problem("no Kafka broker answered at b:9092 within 30 s", "start it");
        RunStatus status =
                new RunStatus(
                        NOW,
                        Optional.of(flink),
                        List.of(masking, loop(KilnJob.TRAINING, "no Kafka broker answered")),
                        Optional.empty(),
                        Optional.empty(),
                        Optional.empty(),
                        List.of(),
                        List.of(away));
        assertThat(RunRules.problems(config, status)).hasSize(2).first().isEqualTo(away);
    }

    @Test
    void lossesFallOrRiseOrDoNeither() {
        assertThat(Loss.of(List.of(1.0))).isEmpty();
        assertThat(Loss.of(List.of(9.0, 1.0, 0.9, 0.5, 0.4)).orElseThrow().trend())
                .isEqualTo(Loss.Trend.FALLING);
        assertThat(Loss.of(List.of(0.4, 0.5, 0.9, 1.0)).orElseThrow())
                .isEqualTo(new Loss(0.95, 0.45, 4, Loss.Trend.RISING));
        assertThat(Loss.of(List.of(0.4, 0.9)).orElseThrow().trend()).isEqualTo(Loss.Trend.FLAT);
    }

    @Test
    void figuresReadAsWords() {
        assertThat(Words.time(Duration.ofMillis(3_240))).isEqualTo("3.2 s");
        assertThat(Words.time(Duration.ofSeconds(-4))).isEqualTo("0.0 s");
        assertThat(Words.time(Duration.ofSeconds(130))).isEqualTo("2 min");
        assertThat(Words.time(Duration.ofHours(50))).isEqualTo("2.1 d");
        assertThat(Words.bytes(999)).isEqualTo("999 B");
        assertThat(Words.bytes(1_240_000)).isEqualTo("1.2 MB");
        assertThat(Words.count(1, "batch")).isEqualTo("1 batch");
        assertThat(Words.count(1200, "batch")).isEqualTo("1,200 batches");
        assertThat(Words.reasons(Map.of("A", 1L, "B", 3L))).isEqualTo("B 3, A 1");
    }
}
