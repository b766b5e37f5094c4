package io.kiln.endtoend;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.kiln.images.TestImages;
import io.kiln.local.TestFolders;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The launcher where the environment is not what its author had. */
class LauncherIT {
    private static final String NAMELESS = "54321";

    private Path folder;
    private Launcher kiln;

    /** A folder that other users may enter, unlike JUnit's. */
    @BeforeEach
    void createFolder() throws Exception {
        folder = Files.createTempDirectory("kiln-launcher");
        Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwxrwxrwx"));
        kiln = new Launcher(folder);
    }

    @AfterEach
    void deleteFolder() {
        TestFolders.delete(folder);
    }

    @Test
    void inTheCLocaleNamesOfEveryScriptAreRead() throws Exception {
        Path file = folder.resolve("für 图像.yaml");
        Files.writeString(file, "checkpoints: {artifacts: /bücher/图像}\n");
        Launcher.Result run =
                kiln.withEnvironment(Map.of("LC_ALL", "C", "LANG", "C"))
                        .run("config", "--config", file.toString());
        assertThat(run.exitCode()).as(run.err()).isZero();
        assertThat(run.out()).contains("file:///b%C3%BCcher/%E5%9B%BE%E5%83%8F");
        Launcher.Result missing =
                kiln.withEnvironment(Map.of("LC_ALL", "C", "LANG", "C"))
                        .run("demo", "--images", folder.resolve("für 图").toString());
        assertThat(missing.err()).contains("für 图");
    }

    @Test
    void inTheCLocaleImagesOfEveryNameAreFound() throws Exception {
        Path images = Files.createDirectories(folder.resolve("фото"));
        Files.write(images.resolve("日本.png"), TestImages.png(1));
        Files.write(images.resolve("für.png"), TestImages.png(2));
        Launcher inC = kiln.withEnvironment(Map.of("LC_ALL", "C", "LANG", "C"));
        Path list = folder.resolve("list");
        Files.writeString(list, images.resolve("日本.png") + "\n" + images.resolve("für.png") + "\n");
        for (Launcher.Result run :
                List.of(
                        inC.run("ingest", "--statistics", "--strict", images.toString()),
                        inC.runWithInput(list, "ingest", "--statistics", "--strict", "-"))) {
            assertThat(run.exitCode()).as(run.err()).isZero();
            assertThat(run.out()).startsWith("# 2 images, 512 pixels");
        }
    }

    @Test
    void onlyVerbsThatAskOrTellDoWithoutTheSecondCompiler() throws Exception {
        Launcher flags =
                kiln.withEnvironment(Map.of("KILN_JAVA_OPTIONS", "-XX:+PrintCommandLineFlags"));
        assertThat(flags.ok("config", "--help")).contains("TieredStopAtLevel=1");
        assertThat(flags.ok("--help")).contains("TieredStopAtLevel=1");
        assertThat(flags.ok("-v", "bench", "--help")).doesNotContain("TieredStopAtLevel");
        assertThat(flags.ok("ingest", "--help")).doesNotContain("TieredStopAtLevel");
    }

    @Test
    void aFullDiskAndAClosedPipeAreFailures() throws Exception {
        Launcher.Result full = withShell("\"$0\" \"$@\" > /dev/full").run("config", "--yaml");
        assertThat(full.exitCode()).isEqualTo(1);
        assertThat(full.err()).startsWith("kiln: standard output could not be written: ");
        Launcher.Result closed =
                withShell("set -o pipefail; \"$0\" \"$@\" | true").run("config", "--yaml");
        assertThat(closed.exitCode()).isEqualTo(141);
        assertThat(closed.err()).isEmpty();
    }

    private Launcher withShell(String script) {
        return kiln.withPrefix(List.of("bash", "-c", script));
    }

    @Test
    void aUserWithoutANameLoadsLibtorch() throws Exception {
        assumeTrue(ProcessHandle.current().info().user().orElse("").equals("root"), "needs root");
        assumeTrue(Files.isExecutable(Path.of("/usr/bin/setpriv")), "needs setpriv");
        List<String> prefix =
                List.of("setpriv", "--reuid", NAMELESS, "--regid", NAMELESS, "--clear-groups");
        Launcher.Result run =
                kiln.withPrefix(prefix)
                        .withEnvironment(Map.of("HOME", "/", "TMPDIR", folder.toString()))
                        .start("doctor")
                        .await(Duration.ofMinutes(3));
        assertThat(run.err()).doesNotContain("libtorch");
        assertThat(run.out()).contains(folder + "/kiln-" + NAMELESS + "/.djl.ai");
    }

    @Test
    void aFolderThatLibtorchCannotBeUnpackedInIsNamedWithItsVariable() throws Exception {
        Launcher.Result run =
                kiln.withEnvironment(Map.of("DJL_CACHE_DIR", "/proc/nowhere")).run("doctor");
        assertThat(run.exitCode()).isEqualTo(1);
        assertThat(run.err())
                .contains("unpacked in /proc/nowhere", "set DJL_CACHE_DIR to a folder")
                .doesNotContain("PYTORCH_LIBRARY_PATH");
    }
}
