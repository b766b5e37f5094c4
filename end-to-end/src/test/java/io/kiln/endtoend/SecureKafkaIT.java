package io.kiln.endtoend;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.kiln.cli.Kiln;
import io.kiln.config.KilnConfig;
import io.kiln.images.TestImages;
import io.kiln.kafka.KilnJob;
import io.kiln.kafka.Part;
import io.kiln.operations.Installation;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.stream.Stream;
import org.apache.kafka.common.acl.AclOperation;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/**
 * The whole pipeline over TLS, with a login and the access lists of the manual for each part, and
 * nothing else. Each part is refused one thing first.
 */
@Timeout(600)
@ExtendWith(SharedDeployment.class)
class SecureKafkaIT {
    private static final String VARIABLE = "KILN_TEST_PASSWORD";

    @TempDir private Path folder;

    private final Map<Part, String> passwords = new EnumMap<>(Part.class);
    private final String registryPassword = secret();
    private final FaultDeployment deployment;
    private Path secrets;
    private Certificates certificates;
    private SecureBroker broker;
    private SecureRegistry registry;

    SecureKafkaIT(FaultDeployment deployment) {
        this.deployment = deployment;
    }

    private static String secret() {
        return "hush-" + UUID.randomUUID();
    }

    @BeforeEach
    void start() throws Exception {
        deployment.awaitIdle();
        secrets = Files.createDirectories(folder.resolve("secrets"));
        certificates = Certificates.make(secrets, secret(), secret());
        Files.writeString(secrets.resolve("truststore"), certificates.trustStorePassword() + "\n");
        Files.writeString(secrets.resolve("registry"), registryPassword + "\n");
        registry =
                SecureRegistry.before(
                        deployment.registry().url(), "kiln:" + registryPassword, certificates);
        broker = SecureBroker.start(secrets.resolve("kafka"), certificates);
        for (Part part : Part.values()) {
            // as passwords are that somebody has chosen: with quotes and backslashes
            passwords.put(part, secret() + "\"\\;");
            Files.writeString(secrets.resolve(name(part)), passwords.get(part) + "\n");
            broker.user("kiln-" + name(part), passwords.get(part));
        }
    }

    @AfterEach
    void stop() {
        if (broker != null) {
            deployment.awaitIdle();
            broker.close();
        }
        if (registry != null) {
            registry.close();
        }
    }

    private static String name(Part part) {
        return part.name().toLowerCase(Locale.ROOT);
    }

    /** What all parts are configured with. */
    private List<String> common() {
        List<String> overrides =
                SmallRun.overrides(
                        broker.bootstrapServers(),
                        registry.url(),
                        folder,
                        "kafka.properties.security.protocol=SASL_SSL",
                        "kafka.properties.sasl.mechanism=SCRAM-SHA-256",
                        "kafka.properties.ssl.truststore.location=" + certificates.trustStore(),
                        "kafka.properties.ssl.truststore.password=" + file("truststore"),
                        "registry.properties.ssl.truststore.location=" + certificates.trustStore(),
                        "registry.properties.ssl.truststore.password=" + file("truststore"),
                        "registry.properties.basic.auth.user.info=kiln:" + file("registry"),
                        "flink.restUrl=" + deployment.flink().restUrl(),
                        "flink.restartAttempts=1000000",
                        "training.runId=secure",
                        "evaluation.holdoutShare=0.3",
                        "evaluation.anchors=2",
                        "evaluation.recent=2");
        overrides.addAll(SmallRun.topics("secure"));
        return overrides;
    }

    private String file(String name) {
        return "${file:" + secrets.resolve(name) + "}";
    }

    private static String login(Part part, String password) {
        return "kafka.properties.sasl.jaas.config="
                + "org.apache.kafka.common.security.scram.ScramLoginModule required"
                + " username=\"kiln-"
                + name(part)
                + "\" password=\""
                + password
                + "\";";
    }

    /** Runs a verb in this process. */
    private Launcher.Result run(Part part, String... arguments) {
        return runWith(file(name(part)), part, arguments);
    }

    private Launcher.Result runWith(String password, Part part, String... arguments) {
        StringWriter out = new StringWriter();
        StringWriter err = new StringWriter();
        int code =
                Kiln.commandLine()
                        .setOut(new PrintWriter(out))
                        .setErr(new PrintWriter(err))
                        .execute(arguments(password, part, arguments));
        return new Launcher.Result(code, out.toString(), err.toString());
    }

    private String[] arguments(String password, Part part, String... arguments) {
        List<String> all = new ArrayList<>(List.of(arguments));
        Stream.concat(common().stream(), Stream.of(login(part, password)))
                .forEach(override -> all.addAll(List.of("--set", override)));
        return all.toArray(String[]::new);
    }

    private String ok(Part part, String... arguments) {
        Launcher.Result run = run(part, arguments);
        assertThat(run.exitCode()).as(run.err()).isZero();
        return run.out();
    }

    /** Requires a refusal that names who was refused and what. */
    private void refused(Part part, Launcher.Result run, String... named) {
        assertThat(run.exitCode()).as(run.out()).isEqualTo(1);
        assertThat(run.err())
                .contains("User:kiln-" + name(part))
                .contains(named)
                .doesNotContain("unexpected", "\tat ");
    }

    private void mustHave(
            Part part, String resource, AclOperation operation, String[] verb, String... named)
            throws Exception {
        KilnConfig config = KilnConfig.parse("", common());
        Withheld withheld = Withheld.of(part, resource, operation, config);
        broker.allow("kiln-" + name(part), withheld.others());
        refused(part, run(part, verb), named);
        broker.allow("kiln-" + name(part), List.of(withheld.one()));
    }

    @Test
    void eachPartNeedsItsGrantsAndNothingElseAndNoSecretLeavesItsPlace() throws Exception {
        requireWrongLoginsAreTold();
        String[] topics = {"topics", "create"};
        mustHave(
                Part.TOPICS,
                "secure.evaluations",
                AclOperation.CREATE,
                topics,
                "topic secure.evaluations (topics.evaluations)");
        new Launcher(folder)
                .withEnvironment(Map.of(VARIABLE, passwords.get(Part.TOPICS)))
                .ok(arguments("${env:" + VARIABLE + "}", Part.TOPICS, topics));

        Path pictures = folder.resolve("pictures");
        TestImages.writeJpegs(pictures, 40);
        String[] ingest = {"ingest", "--run", "first", pictures.toString()};
        mustHave(
                Part.INGEST,
                "secure.images",
                AclOperation.WRITE,
                ingest,
                "topic secure.images (topics.images), namely [WRITE]");
        ok(Part.INGEST, ingest);

        submitJobs();
        follow();
        look();
        change();
        requireNoTrace();
    }

    private void requireWrongLoginsAreTold() {
        String[] topics = {"topics", "create"};
        Launcher.Result wrong = runWith(file("registry"), Part.TOPICS, topics);
        refused(Part.TOPICS, wrong, "does not let", broker.bootstrapServers(), "kafka.properties");
        Launcher.Result absent = runWith(file("absent"), Part.TOPICS, topics);
        assertThat(absent.exitCode()).isEqualTo(1);
        assertThat(absent.err())
                .contains(
                        "kafka.properties.sasl.jaas.config: " + file("absent") + " does not exist");
        Launcher.Result unset = runWith("${env:KILN_TEST_UNSET}", Part.TOPICS, topics);
        assertThat(unset.err()).contains("${env:KILN_TEST_UNSET} is not set in the environment");
    }

    private static String[] submit(KilnJob job) {
        Path jar = new Installation(Path.of(System.getProperty("kiln.root"))).jar(job);
        return new String[] {"submit", job.word(), "--jar", jar.toString()};
    }

    private void submitJobs() throws Exception {
        mustHave(
                Part.MASKING,
                "kiln-masker:",
                AclOperation.WRITE,
                submit(KilnJob.MASKING),
                "transactional id kiln-masker:secure.batches");
        mustHave(
                Part.TRAINING,
                "secure.checkpoints",
                AclOperation.WRITE,
                submit(KilnJob.TRAINING),
                "topic secure.checkpoints (topics.checkpoints), namely [WRITE]");
        ok(Part.TRAINING, submit(KilnJob.TRAINING));
        mustHave(
                Part.EVALUATION,
                "secure.holdout",
                AclOperation.READ,
                submit(KilnJob.EVALUATION),
                "topic secure.holdout (topics.holdout)");
        ok(Part.EVALUATION, submit(KilnJob.EVALUATION));
    }

    private void follow() throws Exception {
        String[] watch = {"watch", "--json", "--from-beginning", "--count", "1"};
        mustHave(
                Part.SUBSCRIBER,
                "secure.checkpoints",
                AclOperation.READ,
                watch,
                "topic secure.checkpoints (topics.checkpoints)");
        JsonNode event = new ObjectMapper().readTree(ok(Part.SUBSCRIBER, watch));
        assertThat(event.path("runId").asText()).isEqualTo("secure");
    }

    private void look() throws Exception {
        mustHave(
                Part.LOOKING,
                "secure.steps",
                AclOperation.READ,
                new String[] {"audit"},
                "topic secure.steps (topics.trainingSteps)");
        assertThat(ok(Part.LOOKING, "audit")).contains("40");
        assertThat(ok(Part.LOOKING, "checkpoints", "list")).contains("CANDIDATE");
        assertThat(ok(Part.LOOKING, "dlq", "list")).isNotNull();
        FlinkJobs.await(
                "an evaluation",
                () ->
                        Optional.of(run(Part.LOOKING, "checkpoints", "best"))
                                .filter(best -> best.exitCode() == 0));
        Launcher.Result status = run(Part.LOOKING, "status", "--json");
        assertThat(status.out())
                .as("what was refused to the masking job at first is the cause of its restarts")
                .contains("denies User:kiln-masking")
                .doesNotContain("User:kiln-looking");
    }

    private void change() throws Exception {
        mustHave(
                Part.CHANGING,
                "kiln-dlq-replay-",
                AclOperation.WRITE,
                new String[] {"dlq", "replay", "--all"},
                "transactional id kiln-dlq-replay-secure.dlq");
        ok(Part.CHANGING, "dlq", "replay", "--all");
        ok(Part.CHANGING, "checkpoints", "promote", "1");
    }

    private void requireNoTrace() throws Exception {
        List<String> texts = new ArrayList<>(passwords.values());
        texts.add(registryPassword);
        texts.add(certificates.trustStorePassword());
        LeakSearch search = new LeakSearch(texts);
        search.files(folder, file -> !file.getParent().equals(secrets));
        search.files(Path.of("target").toAbsolutePath(), file -> true);
        search.flink(deployment.jobs());
        search.processes();
        search.look("kiln config", ok(Part.LOOKING, "config", "--yaml"));
        search.requireNothing();
    }
}
