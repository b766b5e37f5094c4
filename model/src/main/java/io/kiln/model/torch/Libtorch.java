package io.kiln.model.torch;

import ai.djl.Device;
import ai.djl.engine.Engine;
import ai.djl.engine.EngineException;
import java.io.File;
import java.nio.file.FileSystemException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Locale;
import java.util.Map;

/** Loads libtorch, and says what to change where that fails. */
public final class Libtorch {
    /** Room that the unpacked libraries take, with some to spare. */
    private static final String ROOM = "1 GB";

    private static final String LIBRARY = System.mapLibraryName("torch");

    private Libtorch() {}

    /**
     * Loads libtorch, unpacked from its jar if no folder of it is named.
     *
     * @throws EngineMissingException if it cannot be loaded; the message says what to do
     */
    public static Engine load() {
        try {
            return Engine.getEngine("PyTorch");
        } catch (EngineException | UnsatisfiedLinkError | IllegalStateException e) {
            throw new EngineMissingException(
                    advice(e, System.getenv(), System.getProperty("user.home", "")), e);
        }
    }

    /**
     * A device by its name.
     *
     * @param name cpu, gpu or gpu:N
     */
    public static Device device(String name) {
        if (name.equals("cpu")) {
            return Device.cpu();
        }
        return Device.gpu(name.equals("gpu") ? 0 : Integer.parseInt(name.substring(4)));
    }

    /**
     * What to do about a failure.
     *
     * @param home folder that the libraries are unpacked in unless a variable names another
     */
    static String advice(Throwable failure, Map<String, String> environment, String home) {
        Throwable reason = reason(failure);
        String words =
                "libtorch cannot be loaded ("
                        + reason.getClass().getSimpleName()
                        + ": "
                        + reason.getMessage()
                        + "). ";
        String named = environment.getOrDefault("PYTORCH_LIBRARY_PATH", "");
        boolean passedOver = !named.isEmpty() && !holdsLibtorch(named);
        if (!named.isEmpty() && !passedOver) {
            return words
                    + "PYTORCH_LIBRARY_PATH names the folder "
                    + named
                    + ": is it libtorch's folder of libraries, and do PYTORCH_VERSION and PYTORCH_FLAVOR fit it?";
        }
        String variable =
                environment.containsKey("ENGINE_CACHE_DIR") ? "ENGINE_CACHE_DIR" : "DJL_CACHE_DIR";
        String cache = environment.getOrDefault(variable, Path.of(home, ".djl.ai").toString());
        return words
                + "It is unpacked in "
                + cache
                + (isNotExecutable(reason)
                        ? ", which seems to be mounted noexec: set "
                        : ", where files must be written once: set ")
                + variable
                + " to a folder that can be written, has "
                + ROOM
                + " free and allows execution"
                + (passedOver
                        ? ". PYTORCH_LIBRARY_PATH is passed over, because "
                                + named
                                + " holds no "
                                + LIBRARY
                        : "");
    }

    /** As DJL looks: it unpacks its own libraries if none of these folders holds libtorch. */
    private static boolean holdsLibtorch(String folders) {
        return Arrays.stream(folders.split(File.pathSeparator))
                .map(File::new)
                .anyMatch(named -> named.isFile() || new File(named, LIBRARY).isFile());
    }

    private static boolean isNotExecutable(Throwable reason) {
        String message = String.valueOf(reason.getMessage()).toLowerCase(Locale.ROOT);
        return message.contains("failed to map segment") || message.contains("not permitted");
    }

    /** The innermost cause, or what a file system said on the way to it. */
    private static Throwable reason(Throwable failure) {
        Throwable reason = failure;
        while (reason.getCause() != null && !(reason instanceof FileSystemException)) {
            reason = reason.getCause();
        }
        return reason;
    }
}
