import com.amazonaws.services.dynamodbv2.local.main.ServerRunner;
import com.amazonaws.services.dynamodbv2.local.server.DynamoDBProxyServer;
import org.eclipse.jetty.server.Connector;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;

/**
 * DynamoDB Local, in memory, on 127.0.0.1 and a port of choice (0: a free one). By itself it would listen on every
 * interface, and it takes no port 0. Prints "port N" once it listens.
 */
public final class DynamoDbOnLoopback {
    public static void main(String[] arguments) throws Exception {
        int port = Integer.parseInt(arguments[0]);
        // The port given here is replaced below, before anything is opened.
        DynamoDBProxyServer dynamoDb = ServerRunner.createServerFromCommandLineArgs(
            new String[] {"-inMemory", "-sharedDb", "-disableTelemetry", "-port", "8000"});
        var field = DynamoDBProxyServer.class.getDeclaredField("server");
        field.setAccessible(true);
        Server server = (Server) field.get(dynamoDb);
        for (Connector connector : server.getConnectors()) {
            ((ServerConnector) connector).setHost("127.0.0.1");
            ((ServerConnector) connector).setPort(port);
        }
        dynamoDb.start();
        for (Connector connector : server.getConnectors()) {
            System.out.println("port " + ((ServerConnector) connector).getLocalPort());
        }
        dynamoDb.join();
    }
}
