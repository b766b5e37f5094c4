package io.kiln.endtoend;

import static org.assertj.core.api.Assertions.assertThat;

import io.kiln.kafka.Grant;
import io.kiln.local.LocalBroker;
import io.kiln.local.Ports;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ScramCredentialInfo;
import org.apache.kafka.clients.admin.ScramMechanism;
import org.apache.kafka.clients.admin.UserScramCredentialUpsertion;
import org.apache.kafka.common.acl.AccessControlEntry;
import org.apache.kafka.common.acl.AclBinding;
import org.apache.kafka.common.acl.AclBindingFilter;
import org.apache.kafka.common.acl.AclPermissionType;
import org.apache.kafka.common.resource.ResourcePattern;
import org.awaitility.Awaitility;

/**
 * A real broker with a listener for clients with TLS, SASL and access lists. The listener without
 * them is the administrator's.
 */
final class SecureBroker implements AutoCloseable {
    private final LocalBroker broker;
    private final int port;
    private final Admin admin;

    private SecureBroker(LocalBroker broker, int port) {
        this.broker = broker;
        this.port = port;
        this.admin = Admin.create(Map.of("bootstrap.servers", broker.bootstrapServers()));
    }

    static SecureBroker start(Path folder, Certificates certificates) {
        List<Integer> ports = Ports.free(3);
        String listeners =
                "PLAINTEXT://127.0.0.1:%d,SECURE://127.0.0.1:%d,CONTROLLER://127.0.0.1:%d"
                        .formatted(ports.get(0), ports.get(1), ports.get(2));
        String secure = "listener.name.secure.";
        return new SecureBroker(
                LocalBroker.start(
                        folder,
                        ports.get(0),
                        ports.get(2),
                        List.of(
                                "listeners=" + listeners,
                                "advertised.listeners=" + listeners,
                                "listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT,SECURE:SASL_SSL",
                                "authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer",
                                "super.users=User:ANONYMOUS",
                                secure + "sasl.enabled.mechanisms=SCRAM-SHA-256",
                                secure
                                        + "scram-sha-256.sasl.jaas.config="
                                        + "org.apache.kafka.common.security.scram.ScramLoginModule required;",
                                secure + "ssl.keystore.type=PKCS12",
                                secure + "ssl.keystore.location=" + certificates.keyStore(),
                                secure
                                        + "ssl.keystore.password="
                                        + certificates.keyStorePassword())),
                ports.get(1));
    }

    String bootstrapServers() {
        return "127.0.0.1:" + port;
    }

    /** Gives a user a password. */
    void user(String name, String password) throws ExecutionException, InterruptedException {
        ScramCredentialInfo info = new ScramCredentialInfo(ScramMechanism.SCRAM_SHA_256, 4096);
        admin.alterUserScramCredentials(
                        List.of(new UserScramCredentialUpsertion(name, info, password)))
                .all()
                .get();
    }

    /** Allows a user something, and waits until the broker knows. */
    void allow(String user, Collection<Grant> grants)
            throws ExecutionException, InterruptedException {
        List<AclBinding> bindings =
                grants.stream()
                        .flatMap(
                                grant ->
                                        grant.operations().stream()
                                                .map(
                                                        operation ->
                                                                new AclBinding(
                                                                        new ResourcePattern(
                                                                                grant.type(),
                                                                                grant.name(),
                                                                                grant.pattern()),
                                                                        new AccessControlEntry(
                                                                                "User:" + user,
                                                                                "*",
                                                                                operation,
                                                                                AclPermissionType
                                                                                        .ALLOW))))
                        .toList();
        admin.createAcls(bindings).all().get();
        Awaitility.await("the access lists of " + user)
                .atMost(Duration.ofSeconds(30))
                .untilAsserted(
                        () ->
                                assertThat(admin.describeAcls(AclBindingFilter.ANY).values().get())
                                        .containsAll(bindings));
    }

    @Override
    public void close() {
        admin.close(Duration.ZERO);
        broker.close();
    }
}
