package io.kiln.endtoend;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;

/**
 * A certificate of this machine's loopback address, made by the JDK's keytool, with a store of
 * those who trust it.
 *
 * @param keyStore of the server
 * @param keyStorePassword of the server
 * @param trustStore of the clients
 * @param trustStorePassword of the clients
 */
record Certificates(
        Path keyStore, String keyStorePassword, Path trustStore, String trustStorePassword) {
    static Certificates make(Path folder, String keyStorePassword, String trustStorePassword)
            throws IOException, InterruptedException {
        Path keys = folder.resolve("server.p12");
        Path trusted = folder.resolve("trusted.p12");
        Path certificate = folder.resolve("server.crt");
        keytool(
                keyStorePassword,
                keys,
                List.of(
                        "-genkeypair",
                        "-keyalg",
                        "RSA",
                        "-dname",
                        "CN=localhost",
                        "-ext",
                        "san=dns:localhost,ip:127.0.0.1",
                        "-validity",
                        "7"));
        keytool(
                keyStorePassword,
                keys,
                List.of("-exportcert", "-rfc", "-file", certificate.toString()));
        keytool(
                trustStorePassword,
                trusted,
                List.of("-importcert", "-noprompt", "-file", certificate.toString()));
        return new Certificates(keys, keyStorePassword, trusted, trustStorePassword);
    }

    /** The passwords stand in the environment, where no other user reads them. */
    private static void keytool(String password, Path store, List<String> arguments)
            throws IOException, InterruptedException {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "keytool").toString());
        command.addAll(arguments);
        command.addAll(
                List.of("-alias", "server", "-storepass:env", "STORE_PASSWORD", "-keystore"));
        command.add(store.toString());
        ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
        builder.environment().put("STORE_PASSWORD", password);
        Process process = builder.start();
        String printed = new String(process.getInputStream().readAllBytes());
        assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
        assertThat(process.exitValue()).as(printed).isZero();
    }

    /** What a server of this JVM shows its clients. */
    SSLContext serverContext() throws IOException, GeneralSecurityException {
        KeyStore keys = KeyStore.getInstance("PKCS12");
        try (InputStream in = Files.newInputStream(keyStore)) {
            keys.load(in, keyStorePassword.toCharArray());
        }
        KeyManagerFactory managers =
                KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        managers.init(keys, keyStorePassword.toCharArray());
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(managers.getKeyManagers(), null, null);
        return context;
    }
}
