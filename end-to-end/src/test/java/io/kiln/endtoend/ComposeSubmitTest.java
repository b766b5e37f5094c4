package io.kiln.endtoend;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import io.kiln.cli.Kiln;
import io.kiln.config.FolderUri;
import io.kiln.config.KilnConfig;
import io.kiln.kafka.KilnJob;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * What the service {@code submit} of docker-compose.yml does, by its own script. In place of
 * Flink's command line a program writes down what it is told; {@code kiln savepoints list} is the
 * real one.
 */
class ComposeSubmitTest {
    private static final Path ROOT = Path.of("..");
    private static final Path CONFIG = ROOT.resolve("deploy/kiln.yaml");

    @TempDir private Path folder;

    @BeforeEach
    void programs() throws IOException {
        Files.createFile(folder.resolve("running"));
        Files.createFile(folder.resolve("submitted"));
        program(
                "flink",
                "case $1 in list) cat \"$FOLDER/running\" ;; run) echo \"$@\" >> \"$FOLDER/submitted\" ;; esac");
        program("kiln", "cat \"$FOLDER/states-$3\"");
    }

    @Test
    void withoutAStateBothJobsBegin() throws Exception {
        assertThat(submitted())
                .containsExactly(
                        "run -m jobmanager:8081 -d /opt/kiln/masking-job.jar --config /etc/kiln/kiln.yaml",
                        "run -m jobmanager:8081 -d /opt/kiln/training-job.jar --config /etc/kiln/kiln.yaml");
    }

    @Test
    void aJobThatDoesNotRunGoesOnFromItsNewestState() throws Exception {
        Files.writeString(
                folder.resolve("running"),
                "27.11.2026 : 5e20cb6b0f357591171dfcca2eea09de : kiln masking sparse-batches (RUNNING)\n");
        Instant now = Instant.now();
        state(KilnJob.TRAINING, "a/chk-12", now.minusSeconds(20));
        Path newest = state(KilnJob.TRAINING, "b/chk-3", now.minusSeconds(10));
        assertThat(submitted())
                .singleElement()
                .asString()
                .startsWith(
                        "run -m jobmanager:8081 -d -s file:" + newest + " -claimMode CLAIM /opt/")
                .endsWith("/opt/kiln/training-job.jar --config /etc/kiln/kiln.yaml");
    }

    @Test
    void aSavepointStaysWhereItIs() throws Exception {
        Path savepoint = state(KilnJob.TRAINING, "savepoints/savepoint-1a2b", Instant.now());
        assertThat(submitted())
                .contains(
                        "run -m jobmanager:8081 -d -s file:"
                                + savepoint
                                + " /opt/kiln/training-job.jar --config /etc/kiln/kiln.yaml");
    }

    private Path state(KilnJob job, String name, Instant written) throws IOException {
        Path state = folder.resolve("checkpoints").resolve(job.folder(config())).resolve(name);
        Files.createDirectories(state);
        Path metadata = Files.createFile(state.resolve("_metadata"));
        Files.setLastModifiedTime(metadata, FileTime.from(written));
        return state;
    }

    /** Runs the script, and returns how Flink's command line was called to submit jobs. */
    private List<String> submitted() throws Exception {
        for (KilnJob job : List.of(KilnJob.MASKING, KilnJob.TRAINING)) {
            Files.writeString(folder.resolve("states-" + job.word()), states(job));
        }
        JsonNode compose = new YAMLMapper().readTree(ROOT.resolve("docker-compose.yml").toFile());
        JsonNode command = compose.at("/services/submit/command");
        ProcessBuilder builder =
                new ProcessBuilder("sh", "-c", command.path(2).asText().replace("$$", "$"))
                        .redirectErrorStream(true);
        builder.environment().put("FOLDER", folder.toString());
        builder.environment().merge("PATH", folder.toString(), (path, own) -> own + ":" + path);
        Process script = builder.start();
        String printed = new String(script.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(script.waitFor()).as(printed).isZero();
        return Files.readAllLines(folder.resolve("submitted"));
    }

    private String states(KilnJob job) {
        StringWriter out = new StringWriter();
        int code =
                Kiln.commandLine()
                        .setOut(new PrintWriter(out, true))
                        .execute(
                                "savepoints",
                                "list",
                                job.word(),
                                "--config",
                                CONFIG.toString(),
                                "--set",
                                checkpoints());
        assertThat(code).isZero();
        return out.toString();
    }

    private KilnConfig config() {
        return KilnConfig.load(CONFIG, List.of(checkpoints()));
    }

    private String checkpoints() {
        return "flink.checkpointDirectory=" + FolderUri.of(folder.resolve("checkpoints"));
    }

    private void program(String name, String script) throws IOException {
        Path file = Files.writeString(folder.resolve(name), "#!/bin/sh\n" + script + "\n");
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
    }
}
